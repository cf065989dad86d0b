using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Layers;

/// <summary>What a <see cref="Conv2d"/> layer can be told.</summary>
public sealed record Conv2dOptions
{
    /// <summary>How far the window moves; 2 halves each side of the image and quarters the work after it.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>Zeros around each image; half the window keeps the size at stride 1, 0 shrinks it.</summary>
    public int Padding { get; init; }

    /// <summary>How the weight begins.</summary>
    public Initialisation Initialisation { get; init; } = Initialisation.Orthogonal;

    /// <summary>Scales the first weight; √2 suits a relu after it.</summary>
    public float Gain { get; init; } = 1;
}

/// <summary>A learned convolution of images: [N, C, H, W] to [N, F, places down, places across].</summary>
public sealed class Conv2d
{
    readonly int stride, padding;

    /// <summary>
    /// Adds <c>{name}.weight</c>, [filters, channels, window, window], and <c>{name}.bias</c>, [filters].
    /// </summary>
    /// <param name="parameters">Where to add them.</param>
    /// <param name="name">Such as <c>vision.0</c>.</param>
    /// <param name="channels">C of the images.</param>
    /// <param name="filters">F of the result.</param>
    /// <param name="window">Sides of the square window.</param>
    /// <param name="random">The run's key for weights.</param>
    /// <param name="options">Everything else.</param>
    public Conv2d(ParameterSet parameters, string name, int channels, int filters, int window, RandomKey random,
        Conv2dOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(filters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        options ??= new Conv2dOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Stride, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Padding);
        (stride, padding) = (options.Stride, options.Padding);
        Weight = parameters.Add($"{name}.weight", new Shape(filters, channels, window, window));
        Initialisers.Fill(Weight, options.Initialisation, random, options.Gain);
        Bias = parameters.Add($"{name}.bias", new Shape(filters));
    }

    /// <summary>[filters, channels, window, window].</summary>
    public Parameter Weight { get; }

    /// <summary>[filters].</summary>
    public Parameter Bias { get; }

    /// <summary>The convolution of images [N, C, H, W].</summary>
    public Tensor Forward(Tensor x)
    {
        Tape tape = Tape.Of(x);
        return x.Convolve(tape.Watch(Weight), tape.Watch(Bias), stride, padding);
    }
}
