using ILGPU;

namespace RLSquared.Gpu.Kernels;

/// <summary>
/// What a window sees, as rows of a matrix, and back. Images are [N, C, H, W], or with the channels last
/// [N, H, W, C], whose rows then are ordered (row, column, channel).
/// </summary>
static class ImageKernels
{
    /// <summary>columns[n · places + p, :] = what the window sees at place p; 0 in the padding.</summary>
    public static void ImageToColumns(int channelsLast, int images, int channels, int height, int width, int down,
        int across, int kernelHeight, int kernelWidth, int stride, int padding, ArrayView<float> x,
        ArrayView<float> columns)
    {
        int seen = channels * kernelHeight * kernelWidth, places = down * across, count = images * places * seen;
        for (int at = Place.First; at < count; at += Place.Stride)
        {
            int k = at % seen, rest = at / seen, place = rest % places, n = rest / places;
            int c, u, v;
            if (channelsLast != 0)
            {
                c = k % channels;
                v = k / channels % kernelWidth;
                u = k / (channels * kernelWidth);
            }
            else
            {
                v = k % kernelWidth;
                u = k / kernelWidth % kernelHeight;
                c = k / (kernelWidth * kernelHeight);
            }
            int row = place / across * stride + u - padding, column = place % across * stride + v - padding;
            float value = 0;
            if (row >= 0 && row < height && column >= 0 && column < width)
            {
                value = channelsLast != 0
                    ? x[(((long)n * height + row) * width + column) * channels + c]
                    : x[(((long)n * channels + c) * height + row) * width + column];
            }
            columns[at] = value;
        }
    }

    /// <summary>The transpose: each pixel adds up all places that see it, in a fixed order.</summary>
    public static void ColumnsToImage(int channelsLast, int images, int channels, int height, int width, int down,
        int across, int kernelHeight, int kernelWidth, int stride, int padding, ArrayView<float> columns,
        ArrayView<float> x)
    {
        int seen = channels * kernelHeight * kernelWidth, size = height * width * channels, count = images * size;
        for (int at = Place.First; at < count; at += Place.Stride)
        {
            int n = at / size, pixel = at % size, c, row, column;
            if (channelsLast != 0)
            {
                c = pixel % channels;
                column = pixel / channels % width;
                row = pixel / (channels * width);
            }
            else
            {
                column = pixel % width;
                row = pixel / width % height;
                c = pixel / (width * height);
            }
            float sum = 0;
            for (int u = 0; u < kernelHeight; u++)
            {
                int top = row + padding - u;
                if (top < 0 || top % stride != 0 || top / stride >= down)
                    continue;
                for (int v = 0; v < kernelWidth; v++)
                {
                    int left = column + padding - v;
                    if (left < 0 || left % stride != 0 || left / stride >= across)
                        continue;
                    int k = channelsLast != 0 ? (u * kernelWidth + v) * channels + c
                        : (c * kernelHeight + u) * kernelWidth + v;
                    sum += columns[((long)(n * down + top / stride) * across + left / stride) * seen + k];
                }
            }
            x[at] += sum;
        }
    }

    /// <summary>y = relu(y + bias) for rows [rows, F].</summary>
    public static void AddBiasRelu(int count, int filters, ArrayView<float> bias, ArrayView<float> y)
    {
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            float v = y[i] + bias[i % filters];
            y[i] = v > 0 ? v : 0f;
        }
    }
}
