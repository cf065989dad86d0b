using System.Runtime.CompilerServices;

namespace RLSquared.Tasks;

/// <summary>Where an agent writes the actions of N lanes: K choices and C numbers each.</summary>
/// <param name="choices">[N, K].</param>
/// <param name="numbers">[N, C], each from −1 to 1.</param>
public readonly ref struct ActionSpan(Span<int> choices, Span<float> numbers)
{
    /// <summary>What was chosen, [N, K]: the number of an option, 0, 1, ….</summary>
    public Span<int> Choices { get; } = choices;

    /// <summary>The numbers, [N, C], each from −1 to 1.</summary>
    public Span<float> Numbers { get; } = numbers;

    /// <summary>The action of a lane, where there is one choice and nothing else.</summary>
    public ref int this[int lane] => ref Choices[lane];

    /// <summary>Actions of a task with one choice, [N].</summary>
    public static implicit operator ActionSpan(Span<int> choices) => new(choices, []);

    /// <inheritdoc cref="op_Implicit(Span{int})"/>
    public static implicit operator ActionSpan(int[] choices) => new(choices, []);
}

/// <summary>
/// The actions of N lanes: K choices and C numbers each. With one choice and nothing else, <c>[2, 0]</c> are the
/// actions of two lanes.
/// </summary>
/// <param name="choices">[N, K].</param>
/// <param name="numbers">[N, C], each from −1 to 1.</param>
[CollectionBuilder(typeof(ReadOnlyActionSpan), nameof(Of))]
public readonly ref struct ReadOnlyActionSpan(ReadOnlySpan<int> choices, ReadOnlySpan<float> numbers)
{
    /// <summary>What was chosen, [N, K]: the number of an option, 0, 1, ….</summary>
    public ReadOnlySpan<int> Choices { get; } = choices;

    /// <summary>The numbers, [N, C], each from −1 to 1.</summary>
    public ReadOnlySpan<float> Numbers { get; } = numbers;

    /// <summary>The action of a lane, where there is one choice and nothing else.</summary>
    public int this[int lane] => Choices[lane];

    /// <summary>The actions of one lane alone.</summary>
    /// <param name="lane">Which.</param>
    /// <param name="space">What is decided.</param>
    public ReadOnlyActionSpan Lane(int lane, ActionSpace space) => new(
        Choices.Slice(lane * space.Choices, space.Choices), Numbers.Slice(lane * space.Numbers, space.Numbers));

    /// <summary>Actions of a task with one choice.</summary>
    /// <param name="choices">[N].</param>
    public static ReadOnlyActionSpan Of(ReadOnlySpan<int> choices) => new(choices, []);

    /// <summary>The choices, one after the other.</summary>
    public ReadOnlySpan<int>.Enumerator GetEnumerator() => Choices.GetEnumerator();

    /// <summary>What was written may be read.</summary>
    public static implicit operator ReadOnlyActionSpan(ActionSpan actions) => new(actions.Choices, actions.Numbers);

    /// <summary>Actions of a task with one choice, [N].</summary>
    public static implicit operator ReadOnlyActionSpan(ReadOnlySpan<int> choices) => new(choices, []);

    /// <inheritdoc cref="op_Implicit(ReadOnlySpan{int})"/>
    public static implicit operator ReadOnlyActionSpan(Span<int> choices) => new(choices, []);

    /// <inheritdoc cref="op_Implicit(ReadOnlySpan{int})"/>
    public static implicit operator ReadOnlyActionSpan(int[] choices) => new(choices, []);
}

/// <summary>The memory of the actions of N lanes.</summary>
/// <param name="space">What is decided.</param>
/// <param name="lanes">N.</param>
public sealed class ActionBuffer(ActionSpace space, int lanes)
{
    /// <summary>What was chosen, [N, K].</summary>
    public int[] Choices { get; } = new int[lanes * space.Choices];

    /// <summary>The numbers, [N, C].</summary>
    public float[] Numbers { get; } = new float[lanes * space.Numbers];

    /// <summary>The same, to be read or written.</summary>
    public ActionSpan Span => new(Choices, Numbers);

    /// <summary>Makes all actions 0, as before a trial's first step.</summary>
    public void Clear()
    {
        Array.Clear(Choices);
        Array.Clear(Numbers);
    }
}
