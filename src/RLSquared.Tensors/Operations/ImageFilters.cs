using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>
/// A bank of filters over images whose channels lie side by side, and relu, as one operation:
/// y[n, i, j, f] = max(0, bias[f] + Σ weight[(u, v, c), f] · x[n, i·stride + u, j·stride + v, c]).
/// It is what the start of a network for images needs: fast, fed with bytes as well as numbers, and without a second
/// derivative; <see cref="Convolutions"/> can be differentiated any number of times.
/// </summary>
public static class ImageFilters
{
    extension(Tensor x)
    {
        /// <summary>The filtered images [N, H, W, C]; gives [N, places down, places across, F].</summary>
        /// <param name="weight">[side · side · C, F].</param>
        /// <param name="bias">[F].</param>
        /// <param name="side">The sides of the square window.</param>
        /// <param name="stride">How far the window moves, from 1.</param>
        public Tensor Filter(Tensor weight, Tensor bias, int side, int stride = 1)
        {
            if (x.Shape.Rank != 4)
                throw new ArgumentException($"filters go over images [N, H, W, C], not over {x.Shape}");
            var window = new Window(
                x.Shape[0], x.Shape[3], x.Shape[1], x.Shape[2], side, side, stride, Padding: 0);
            return Apply(Tape.Of(x), in window, x, default, weight, bias);
        }
    }

    extension(Images images)
    {
        /// <summary>The same for images of bytes, which become numbers from −1 to 1.</summary>
        public Tensor Filter(Tape tape, Tensor weight, Tensor bias, int side, int stride = 1)
        {
            ArgumentNullException.ThrowIfNull(tape);
            var window = new Window(
                images.Count, images.Channels, images.Height, images.Width, side, side, stride, Padding: 0);
            return Apply(tape, in window, default, images, weight, bias);
        }
    }

    static Tensor Apply(Tape tape, in Window window, Tensor x, Images bytes, Tensor weight, Tensor bias)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window.Stride, 1);
        if (window.KernelHeight < 1 || window.KernelHeight > Math.Min(window.Height, window.Width))
        {
            throw new ArgumentException(
                $"a window of {window.KernelHeight} × {window.KernelWidth} does not fit into images of " +
                $"{window.Height} × {window.Width}");
        }
        int F = weight.Shape.Columns;
        if (weight.Shape.Rows != window.Seen || bias.Shape.Count != F)
        {
            throw new ArgumentException(
                $"windows of {window.KernelHeight} × {window.KernelWidth} over {window.Channels} channels need " +
                $"weights [{window.Seen}, F] and biases [F], but have {weight.Shape} and {bias.Shape}");
        }
        Tensor y = tape.Arena.Allocate(new Shape(window.Images, window.PlacesDown, window.PlacesAcross, F));
        tape.Device.FilterForward(in window, x, bytes, weight, bias, tape.Arena, y);
        return tape.Record(rule, y, [x, weight, bias], [], new Attributes { Window = window, Images = bytes });
    }

    static readonly Rule rule = new();

    sealed class Rule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            if (tape.Recording)
            {
                throw new NotSupportedException(
                    "image filters have no second derivative; use Convolve to differentiate a gradient");
            }
            (Tensor x, Tensor weight, Tensor bias) = (node.Inputs[0], node.Inputs[1], node.Inputs[2]);
            Tensor dweight = tape.Arena.Allocate(weight.Shape), dbias = tape.Arena.Allocate(bias.Shape);
            Tensor dx = x.IsDifferentiable ? tape.Arena.Allocate(x.Shape) : default;
            tape.Device.FilterBackward(in node.Attributes.Window, x, node.Attributes.Images, weight, node.Output, g,
                tape.Arena, dweight, dbias, dx);
            if (dx.Exists)
                tape.Accumulate(x, tape.Constant(dx));
            tape.Accumulate(weight, tape.Constant(dweight));
            tape.Accumulate(bias, tape.Constant(dbias));
        }
    }
}
