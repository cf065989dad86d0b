using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>
/// Two-dimensional convolution (more exactly cross-correlation, as everywhere in machine learning):
/// y[n, f, i, j] = bias[f] + Σ weight[f, c, u, v] · x[n, c, i·stride + u − padding, j·stride + v − padding].
/// <para>What each window sees is written out as a row, and the rest is a matrix product; the rows take
/// kh · kw / stride² times the memory of the images until the end of the step.</para>
/// </summary>
public static class Convolutions
{
    extension(Tensor x)
    {
        /// <summary>The convolution of images [N, C, H, W]; gives [N, F, places down, places across].</summary>
        /// <param name="weight">[F, C, kh, kw].</param>
        /// <param name="bias">[F].</param>
        /// <param name="stride">How far the window moves, from 1.</param>
        /// <param name="padding">Zeros around each image, from 0.</param>
        public Tensor Convolve(Tensor weight, Tensor bias, int stride = 1, int padding = 0)
        {
            Window window = WindowOf(x.Shape, weight.Shape, bias.Shape, stride, padding);
            int N = window.Images, F = weight.Shape[0], places = window.PlacesDown * window.PlacesAcross;
            Tensor rows = ToColumns(x, in window);                                           // [N·places, C·kh·kw]
            Tensor flat = weight.Reshape(new Shape(F, window.Seen));
            Tensor y = rows.MatMul(flat, transposeB: true) + bias;                           // [N·places, F]
            return y.Reshape(new Shape(N, places, F)).Transpose()
                .Reshape(new Shape(N, F, window.PlacesDown, window.PlacesAcross));
        }
    }

    static Window WindowOf(Shape x, Shape weight, Shape bias, int stride, int padding)
    {
        if (x.Rank != 4 || weight.Rank != 4 || x[1] != weight[1])
        {
            throw new ArgumentException(
                $"a convolution is of images [N, C, H, W] with weights [F, C, kh, kw], not of {x} with {weight}");
        }
        if (bias.Count != weight[0])
            throw new ArgumentException($"weights {weight} need a bias of [{weight[0]}], but {bias} was given");
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        var window = new Window(x[0], x[1], x[2], x[3], weight[2], weight[3], stride, padding);
        if (weight[2] < 1 || weight[3] < 1 || weight[2] > x[2] + 2 * padding || weight[3] > x[3] + 2 * padding)
        {
            throw new ArgumentException(
                $"a window of {weight[2]} × {weight[3]} does not fit into images of {x[2]} × {x[3]} " +
                $"padded by {padding}");
        }
        return window;
    }

    // Spreading and collecting are transposes, so each is the other's gradient, to any order.

    static Tensor ToColumns(Tensor x, in Window window)
    {
        Tape tape = Tape.Of(x);
        int places = checked(window.Images * window.PlacesDown * window.PlacesAcross);
        Tensor y = tape.Arena.Allocate(new Shape(places, window.Seen));
        tape.Device.ImageToColumns(in window, x, y);
        return tape.Record(toColumns, y, x, attributes: new Attributes { Window = window });
    }

    static Tensor ToImages(Tensor x, in Window window)
    {
        Tape tape = Tape.Of(x);
        Tensor y = tape.Arena.Allocate(new Shape(window.Images, window.Channels, window.Height, window.Width));
        tape.Device.ColumnsToImage(in window, x, y);
        return tape.Record(toImages, y, x, attributes: new Attributes { Window = window });
    }

    static readonly ToColumnsRule toColumns = new();
    static readonly ToImagesRule toImages = new();

    sealed class ToColumnsRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], ToImages(g, in node.Attributes.Window));
    }

    sealed class ToImagesRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], ToColumns(g, in node.Attributes.Window));
    }
}
