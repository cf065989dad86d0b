namespace RLSquared.Tensors;

/// <summary>
/// The lengths of a tensor's axes, outermost first, at most four. Data is dense and row-major: the last axis is
/// contiguous. Most operations see a tensor as a matrix of <see cref="Rows"/> × <see cref="Columns"/>, the last axis
/// being the columns.
/// </summary>
public readonly struct Shape : IEquatable<Shape>
{
    readonly int d0, d1, d2, d3;

    /// <summary>A vector of <paramref name="d0"/> numbers.</summary>
    public Shape(int d0) : this(1, d0, 1, 1, 1) { }

    /// <summary>A matrix.</summary>
    public Shape(int d0, int d1) : this(2, d0, d1, 1, 1) { }

    /// <summary>Three axes, as in [T, B, H].</summary>
    public Shape(int d0, int d1, int d2) : this(3, d0, d1, d2, 1) { }

    /// <summary>Four axes, as in [N, C, H, W].</summary>
    public Shape(int d0, int d1, int d2, int d3) : this(4, d0, d1, d2, d3) { }

    Shape(int rank, int d0, int d1, int d2, int d3)
    {
        if (d0 < 0 || d1 < 0 || d2 < 0 || d3 < 0)
            throw new ArgumentException("a shape has no negative axis");
        if (rank > 2 && Math.BigMul((long)d0 * d1, (long)d2 * d3, out long low) + (low < 0 ? 1 : 0) != 0)
            throw new ArgumentException($"a tensor cannot hold {d0} · {d1} · {d2} · {d3} numbers");
        (Rank, this.d0, this.d1, this.d2, this.d3) = (rank, d0, d1, d2, d3);
    }

    /// <summary>A shape from a list of one to four axes.</summary>
    public static Shape Of(ReadOnlySpan<int> axes) => axes.Length switch
    {
        1 => new(axes[0]),
        2 => new(axes[0], axes[1]),
        3 => new(axes[0], axes[1], axes[2]),
        4 => new(axes[0], axes[1], axes[2], axes[3]),
        _ => throw new ArgumentException($"a shape has one to four axes, not {axes.Length}"),
    };

    /// <summary>The number of axes, 1 to 4.</summary>
    public int Rank { get; }

    /// <summary>The length of one axis.</summary>
    public int this[int axis] => (uint)axis < (uint)Rank
        ? axis switch { 0 => d0, 1 => d1, 2 => d2, _ => d3 }
        : throw new ArgumentOutOfRangeException(nameof(axis), axis, $"the shape {this} has {Rank} axes");

    /// <summary>The number of elements.</summary>
    public long Count => Rank == 0 ? 0 : (long)d0 * d1 * d2 * d3;

    /// <summary>The length of the last axis.</summary>
    public int Columns => Rank switch { 0 => 0, 1 => d0, 2 => d1, 3 => d2, _ => d3 };

    /// <summary>The product of all axes but the last; 1 for a vector.</summary>
    public int Rows => Rank switch { 0 => 0, 1 => 1, 2 => d0, 3 => checked(d0 * d1), _ => checked(d0 * d1 * d2) };

    /// <summary>The same axes with another last one.</summary>
    public Shape WithColumns(int columns) => Rank switch
    {
        2 => new(d0, columns),
        3 => new(d0, d1, columns),
        4 => new(d0, d1, d2, columns),
        _ => new(columns),
    };

    /// <summary>The same axes with another first one; for two axes or more.</summary>
    internal Shape WithFirst(int first) => new(Rank, first, d1, d2, d3);

    /// <summary>All axes but the last, which becomes of length 1 for a vector.</summary>
    public Shape WithoutLast => Rank switch { 2 => new(d0), 3 => new(d0, d1), 4 => new(d0, d1, d2), _ => new(1) };

    /// <inheritdoc/>
    public bool Equals(Shape other) =>
        Rank == other.Rank && d0 == other.d0 && d1 == other.d1 && d2 == other.d2 && d3 == other.d3;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, d0, d1, d2, d3);

    /// <summary>Whether two shapes have the same axes.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The shape as in [100, 32, 256].</summary>
    public override string ToString() => Rank switch
    {
        0 => "[]",
        1 => $"[{d0}]",
        2 => $"[{d0}, {d1}]",
        3 => $"[{d0}, {d1}, {d2}]",
        _ => $"[{d0}, {d1}, {d2}, {d3}]",
    };
}
