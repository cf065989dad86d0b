namespace RLSquared.Tasks;

/// <summary>
/// What a task shows at each step. Every kind travels as floats, <see cref="Width"/> per lane, so that one buffer
/// [N, Width] serves all tasks.
/// </summary>
/// <param name="Kind">How the floats are to be read.</param>
/// <param name="Size">States of a discrete observation, or numbers of a vector or an image; 0 for
/// nothing.</param>
public readonly record struct ObservationSpace(ObservationKind Kind, int Size)
{
    /// <summary>The task shows nothing (a bandit has a single state).</summary>
    public static ObservationSpace Nothing { get; } = new(ObservationKind.Nothing, 0);

    /// <summary>One of <paramref name="states"/> states, as its number 0, 1, …; networks see it one-hot.</summary>
    public static ObservationSpace Discrete(int states) => new(ObservationKind.Discrete, states);

    /// <summary>A vector of <paramref name="size"/> numbers.</summary>
    public static ObservationSpace Vector(int size) => new(ObservationKind.Vector, size);

    /// <summary>
    /// An image of <paramref name="height"/> rows of <paramref name="width"/> pixels with some channels each: whole
    /// numbers 0 … 255, row by row from the top left, the channels of a pixel beside each other.
    /// </summary>
    public static ObservationSpace Image(int height, int width, int channels) =>
        new(ObservationKind.Image, checked(height * width * channels))
        {
            Height = height,
            Across = width,
            Channels = channels,
        };

    /// <summary>Rows of an image, else 0.</summary>
    public int Height { get; private init; }

    /// <summary>Pixels of a row of an image, else 0.</summary>
    public int Across { get; private init; }

    /// <summary>Channels of a pixel, such as 3 for red, green and blue, else 0.</summary>
    public int Channels { get; private init; }

    /// <summary>Floats per lane: 0 for nothing, 1 for the number of a discrete state, else the size.</summary>
    public int Width => Kind switch { ObservationKind.Nothing => 0, ObservationKind.Discrete => 1, _ => Size };
}

/// <summary>The kinds of <see cref="ObservationSpace"/>.</summary>
public enum ObservationKind
{
    /// <summary>Nothing is shown.</summary>
    Nothing,
    /// <summary>The number of a state.</summary>
    Discrete,
    /// <summary>A vector of numbers.</summary>
    Vector,
    /// <summary>An image.</summary>
    Image,
}
