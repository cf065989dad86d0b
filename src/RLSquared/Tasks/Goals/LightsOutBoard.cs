using System.Numerics;

namespace RLSquared.Tasks.Goals;

/// <summary>The sizes of <see cref="LightsOutBoard"/>.</summary>
public enum LightsOutSize
{
    /// <summary>3 rows of 3 buttons.</summary>
    ThreeByThree,
    /// <summary>4 rows of 4 buttons.</summary>
    FourByFour,
    /// <summary>4 rows of 5 buttons.</summary>
    FourByFive,
    /// <summary>4 rows of 6 buttons.</summary>
    FourBySix,
}

/// <summary>
/// A board of buttons with a light each: pressing one turns its own light and those of its neighbours above, below,
/// left and right. Boards and their five tasks are those of OGBench's puzzle (Park et al. 2025). A state is a number
/// whose bit b is the light of button b, row by row from the top left.
/// <para>
/// The order of presses does not matter and pressing twice undoes it, so that the fewest presses between any two states
/// come from linear algebra over bits (<see cref="Presses"/>).
/// </para>
/// </summary>
public sealed class LightsOutBoard
{
    // Elimination: what each remaining combination of presses turns, by its highest light, and what it presses.
    readonly (uint Lights, uint Presses)[] pivots;      // [buttons]; no lights where there is no pivot
    readonly uint[] idle;                               // combinations of presses that turn nothing

    LightsOutBoard(int rows, int columns, (string, string)[] evaluations)
    {
        (Rows, Columns, Buttons) = (rows, columns, rows * columns);
        Masks = [.. Enumerable.Range(0, Buttons).Select(MaskOf)];
        Evaluations = [.. evaluations.Select(pair => (Parse(pair.Item1), Parse(pair.Item2)))];
        pivots = new (uint, uint)[Buttons];
        List<uint> basis = [];
        for (int button = 0; button < Buttons; button++)
        {
            (uint lights, uint presses) = (Masks[button], 1u << button);
            while (lights != 0 && pivots[BitOperations.Log2(lights)] is { Lights: not 0 } pivot)
                (lights, presses) = (lights ^ pivot.Lights, presses ^ pivot.Presses);
            if (lights == 0)
                basis.Add(presses);
            else
                pivots[BitOperations.Log2(lights)] = (lights, presses);
        }
        idle = new uint[1 << basis.Count];
        for (int combination = 0; combination < idle.Length; combination++)
        {
            for (int i = 0; i < basis.Count; i++)
                idle[combination] ^= (combination >> i & 1) != 0 ? basis[i] : 0;
        }
    }

    /// <summary>The board of a size.</summary>
    public static LightsOutBoard Of(LightsOutSize size) => size switch
    {
        LightsOutSize.ThreeByThree => threeByThree.Value,
        LightsOutSize.FourByFour => fourByFour.Value,
        LightsOutSize.FourByFive => fourByFive.Value,
        LightsOutSize.FourBySix => fourBySix.Value,
        _ => throw new OptionException("board", $"there is no board of the size {size}"),
    };

    /// <summary>Rows of buttons.</summary>
    public int Rows { get; }

    /// <summary>Columns of buttons.</summary>
    public int Columns { get; }

    /// <summary>Buttons, and lights.</summary>
    public int Buttons { get; }

    /// <summary>The lights that each button turns.</summary>
    public IReadOnlyList<uint> Masks { get; }

    /// <summary>Start and goal of the five tasks.</summary>
    public IReadOnlyList<(uint Start, uint Goal)> Evaluations { get; }

    /// <summary>
    /// Combinations of presses that turn nothing, the empty one included: 16 on the board 4 × 4, else 1.
    /// </summary>
    public int IdleCombinations => idle.Length;

    /// <summary>
    /// The fewest buttons to press, as bits, that lead from one state to another; null where none do.
    /// </summary>
    public uint? Presses(uint from, uint to)
    {
        (uint lights, uint presses) = (from ^ to, 0);
        while (lights != 0)
        {
            if (pivots[BitOperations.Log2(lights)] is not { Lights: not 0 } pivot)
                return null;
            (lights, presses) = (lights ^ pivot.Lights, presses ^ pivot.Presses);
        }
        uint fewest = presses;
        foreach (uint combination in idle)
        {
            if (BitOperations.PopCount(presses ^ combination) < BitOperations.PopCount(fewest))
                fewest = presses ^ combination;
        }
        return fewest;
    }

    /// <summary>Writes the lights of a state, [buttons], each 0 or 1.</summary>
    internal void Write(uint state, Span<float> lights)
    {
        for (int button = 0; button < Buttons; button++)
            lights[button] = state >> button & 1;
    }

    /// <summary>The state of lights, [buttons]; a light is on from one half upwards.</summary>
    public uint Read(ReadOnlySpan<float> lights)
    {
        uint state = 0;
        for (int button = 0; button < Buttons; button++)
            state |= lights[button] >= 0.5f ? 1u << button : 0;
        return state;
    }

    internal string Show(uint state) => string.Join('/', Enumerable.Range(0, Rows).Select(row => string.Concat(
        Enumerable.Range(row * Columns, Columns).Select(button => (state >> button & 1) == 0 ? '0' : '1'))));

    static uint Parse(string rows)
    {
        uint state = 0;
        int button = 0;
        foreach (char sign in rows)
        {
            if (sign != '/')
                state |= (sign == '1' ? 1u : 0) << button++;
        }
        return state;
    }

    uint MaskOf(int button)
    {
        (int row, int column) = Math.DivRem(button, Columns);
        uint mask = 1u << button;
        mask |= row > 0 ? 1u << (button - Columns) : 0;
        mask |= row < Rows - 1 ? 1u << (button + Columns) : 0;
        mask |= column > 0 ? 1u << (button - 1) : 0;
        mask |= column < Columns - 1 ? 1u << (button + 1) : 0;
        return mask;
    }

    static readonly Lazy<LightsOutBoard> threeByThree = new(() => new(3, 3,
    [
        ("000/000/000", "110/101/011"),
        ("111/111/111", "011/111/111"),
        ("010/111/010", "101/010/101"),
        ("010/101/010", "111/111/111"),
        ("111/111/111", "101/101/101"),
    ]));

    static readonly Lazy<LightsOutBoard> fourByFour = new(() => new(4, 4,
    [
        ("0000/0000/0000/0000", "1111/1111/1111/1111"),
        ("1111/1111/1111/1111", "1111/1001/1001/1111"),
        ("1000/0000/0000/0001", "0101/1010/0101/1010"),
        ("1001/1001/1001/1001", "0000/0000/0000/0000"),
        ("0101/0010/0001/1000", "0000/0000/0000/0000"),
    ]));

    static readonly Lazy<LightsOutBoard> fourByFive = new(() => new(4, 5,
    [
        ("11011/01010/01010/11011", "00000/00000/00000/00000"),
        ("00000/00000/00000/00000", "11111/11111/11111/11111"),
        ("00000/00100/00100/00000", "11111/10001/10001/11111"),
        ("00000/00000/00000/00000", "00000/00100/00100/00000"),
        ("00000/00000/00000/00000", "10001/01110/01110/10001"),
    ]));

    static readonly Lazy<LightsOutBoard> fourBySix = new(() => new(4, 6,
    [
        ("110111/001010/010100/111011", "000000/000000/000000/000000"),
        ("111111/111111/111111/111111", "000000/000000/000000/000000"),
        ("000000/000000/000000/000000", "111110/110101/101011/011111"),
        ("010101/101010/010101/101010", "100001/000000/000000/100001"),
        ("000000/000000/000000/000000", "100001/011110/011110/100001"),
    ]));
}
