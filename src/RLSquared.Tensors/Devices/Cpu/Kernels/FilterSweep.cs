namespace RLSquared.Tensors.Devices;

/// <summary>
/// <see cref="ImageFilter"/> over a batch, one image at a time, so that what an image needs stays in cache: bytes
/// become numbers, and slopes that relu cut off become zeros, just before they are used.
/// </summary>
internal static unsafe class FilterSweep
{
    /// <summary>y from x [N, H, W, C], or from bytes where there is no x.</summary>
    public static void Forward(
        in Window window, Tensor x, Images bytes, Tensor weight, Tensor bias, Arena scratch, Tensor y)
    {
        int F = weight.Shape.Columns, padded = ImageFilter.PaddedFilters(F), seen = window.Seen;
        int size = window.Height * window.Width * window.Channels, places = window.PlacesDown * window.PlacesAcross;
        float* filters = Padded(weight, seen, F, padded, scratch), shifts = Padded(bias, 1, F, padded, scratch);
        Tensor image = x.Exists ? default : scratch.Allocate(new Shape(size));
        for (int n = 0; n < window.Images; n++)
        {
            float* from = ImageAt(n, size, x, bytes, image);
            ImageFilter.Forward(in window, from, filters, shifts, padded, F, y.Data + (nint)n * places * F);
        }
    }

    /// <summary>The gradients; dweight and dbias are overwritten, and so is dx where there is one.</summary>
    public static void Backward(in Window window, Tensor x, Images bytes, Tensor weight, Tensor y, Tensor g,
        Arena scratch, Tensor dweight, Tensor dbias, Tensor dx)
    {
        int F = weight.Shape.Columns, padded = ImageFilter.PaddedFilters(F), seen = window.Seen;
        int size = window.Height * window.Width * window.Channels, places = window.PlacesDown * window.PlacesAcross;
        Tensor image = x.Exists ? default : scratch.Allocate(new Shape(size));
        Tensor masked = scratch.Allocate(new Shape(places, padded));
        Tensor sums = scratch.Zeros(new Shape(seen + 1, padded));                       // dweight, and dbias below it
        PackedMatrix transposed = default;
        Tensor rows = default;
        if (dx.Exists)
        {
            dx.Span.Clear();
            rows = scratch.Allocate(new Shape(places, seen));
            transposed = GruWeights.Pack(scratch, true, F, seen, weight.Data, F);
        }
        for (int n = 0; n < window.Images; n++)
        {
            nint at = (nint)n * places * F;
            ImageFilter.MaskGradient(places, F, padded, y.Data + at, g.Data + at, masked.Data);
            float* from = ImageAt(n, size, x, bytes, image);
            ImageFilter.WeightGradient(
                in window, from, masked.Data, padded, sums.Data, sums.Data + (nint)seen * padded);
            if (dx.Exists)
            {
                MatrixProduct.Multiply(places, masked.Data, padded, in transposed, rows.Data, seen, accumulate: false);
                ImageFilter.Collect(in window, rows.Data, dx.Data + (nint)n * size);
            }
        }
        for (int k = 0; k <= seen; k++)
        {
            Span<float> to = k < seen ? dweight.Span.Slice(k * F, F) : dbias.Span;
            sums.Span.Slice(k * padded, F).CopyTo(to);
        }
    }

    static float* ImageAt(int n, int size, Tensor x, Images bytes, Tensor image)
    {
        if (x.Exists)
            return x.Data + (nint)n * size;
        Bytes.ToSigned(bytes[n], image.Span);
        return image.Data;
    }

    static float* Padded(Tensor rows, int count, int F, int padded, Arena scratch)
    {
        if (padded == F)
            return rows.Data;
        Tensor wide = scratch.Allocate(new Shape(count, padded));
        ImageFilter.Pad(count, F, rows.Data, padded, wide.Data);
        return wide.Data;
    }
}
