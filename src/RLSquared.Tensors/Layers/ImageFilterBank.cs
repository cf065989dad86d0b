using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Layers;

/// <summary>
/// A learned bank of filters over images [N, H, W, C], channels last, and relu; see <see cref="ImageFilters"/>.
/// </summary>
public sealed class ImageFilterBank
{
    readonly int side, stride;
    readonly WeightNorm? norm;

    /// <summary>
    /// Adds <c>{name}.weight</c>, [side · side · channels, filters], orthogonal with gain √2, and <c>{name}.bias</c>,
    /// [filters].
    /// </summary>
    /// <param name="parameters">Where to add them.</param>
    /// <param name="name">Such as <c>vision.0</c>.</param>
    /// <param name="channels">C of the images.</param>
    /// <param name="filters">F of the result; whole vectors of them, 16 or 32, cost no more than a few.</param>
    /// <param name="side">The sides of the square window.</param>
    /// <param name="stride">How far the window moves.</param>
    /// <param name="random">The run's key for weights.</param>
    /// <param name="weightNorm">Whether each filter is normalised; see <see cref="WeightNorm"/>.</param>
    public ImageFilterBank(ParameterSet parameters, string name, int channels, int filters, int side, int stride,
        RandomKey random, bool weightNorm = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(filters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        (this.side, this.stride) = (side, stride);
        Weight = parameters.Add($"{name}.weight", new Shape(checked(side * side * channels), filters));
        Initialisers.Fill(Weight, Initialisation.Orthogonal, random, MathF.Sqrt(2));
        if (weightNorm)
            norm = new WeightNorm(parameters, Weight);
        Bias = parameters.Add($"{name}.bias", new Shape(filters));
    }

    /// <summary>[side · side · channels, filters]; with weight normalisation the direction v.</summary>
    public Parameter Weight { get; }

    /// <summary>[filters].</summary>
    public Parameter Bias { get; }

    /// <summary>Places of the window along a side of an image, which is the result's side.</summary>
    public int PlacesAlong(int length) => length < side ? 0 : (length - side) / stride + 1;

    /// <summary>The filtered images: [N, H, W, C] to [N, places down, places across, filters].</summary>
    public Tensor Forward(Tensor x)
    {
        Tape tape = Tape.Of(x);
        return x.Filter(WeightOn(tape), tape.Watch(Bias), side, stride);
    }

    /// <summary>The filtered images of bytes: [N, H, W, C] to [N, places down, places across, filters].</summary>
    public Tensor Forward(Tape tape, Images images)
    {
        ArgumentNullException.ThrowIfNull(tape);
        return images.Filter(tape, WeightOn(tape), tape.Watch(Bias), side, stride);
    }

    /// <summary>The sides of the window and how far it moves.</summary>
    internal (int Side, int Stride) Window => (side, stride);

    /// <summary>The filters to compute with: normalised, where the layer does that.</summary>
    internal Tensor WeightOn(Tape tape) => norm is null ? tape.Watch(Weight) : norm.Weight(tape);
}
