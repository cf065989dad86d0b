using RLSquared.Surfaces;

namespace RLSquared.Tensors.Tests;

public sealed class PublicSurfaceTests
{
    [Fact]
    public void The_library_offers_what_its_list_says() => PublicSurface.RequireAsListed(typeof(Tensor).Assembly);

    [Fact]
    public void Methods_with_rows_of_numbers_say_how_they_lie() =>
        Assert.Equal("", string.Join("\n", Documentation.WithoutShapes(typeof(Tensor).Assembly)));

    [Fact]
    public void Members_are_written_as_in_csharp() => Assert.Equal(
    [
        "abstract class RLSquared.Tensors.Tests.Pretend<T> : IDisposable",
        "    protected Pretend(int size = 3, string? name = null)",
        "    const float Half = 0.5",
        "    (int Rows, string? Name)? Facts { get; init; }",
        "    ref float this[int i] { get; }",
        "    required List<string?> Names { get; set; }",
        "    void Dispose()",
        "    abstract IReadOnlyList<(T First, (int X, int Y) Second)> Pairs(in Shape shape, out int count)",
        "    static bool Try<TOther>(params TOther[] values) where TOther : struct, IComparable<TOther>",
        "    static Pretend<T> operator Addition(Pretend<T> a, Pretend<T> b)",
        "enum RLSquared.Tensors.Tests.PretendKind",
        "    First = 0",
        "    Second = 4",
        "readonly record struct RLSquared.Tensors.Tests.PretendPair",
        "    PretendPair(int Left, PretendKind Kind = PretendKind.Second)",
        "    PretendKind Kind { get; init; }",
        "    int Left { get; init; }",
    ], PublicSurface.Lines([typeof(PretendPair), typeof(PretendKind), typeof(Pretend<>)]));

    [Fact]
    public void A_difference_names_the_type_and_says_which_side_has_the_line()
    {
        string[] before = ["class A : B", "    int X { get; }", "    void Go()"];
        string[] now = ["class A : B", "    void Go()", "    void Go(int far)"];
        Assert.Equal(["− class A: int X { get; }", "+ class A: void Go(int far)"],
            PublicSurface.Differences(before, now));
        Assert.Empty(PublicSurface.Differences(now, now));
    }
}

#pragma warning disable CA1822, CA1063, CA1816, CA1052                              // only its outline is looked at

public abstract class Pretend<T> : IDisposable
{
    public const float Half = 0.5f;

    readonly float[] values = new float[3];

    protected Pretend(int size = 3, string? name = null) => values[0] = size + (name?.Length ?? 0);

    public (int Rows, string? Name)? Facts { get; init; }

    public required List<string?> Names { get; set; }

    public ref float this[int i] => ref values[i];

    public abstract IReadOnlyList<(T First, (int X, int Y) Second)> Pairs(in Shape shape, out int count);

    public static bool Try<TOther>(params TOther[] values) where TOther : struct, IComparable<TOther> =>
        values.Length > 0;

    public static Pretend<T> operator +(Pretend<T> a, Pretend<T> b) => a ?? b;

    public void Dispose() => values[0] = 0;

    public override string ToString() => "";

    internal void Hidden() => values[0] = 1;
}

public enum PretendKind { First, Second = 4 }

public readonly record struct PretendPair(int Left, PretendKind Kind = PretendKind.Second);
