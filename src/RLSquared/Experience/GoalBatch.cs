using RLSquared.Datasets;
using RLSquared.Policies;
using RLSquared.Tensors;

namespace RLSquared.Experience;

/// <summary>
/// The share of a minibatch that one thread learns from: numbers of rows of a <see cref="GoalDataset"/>, drawn by the
/// algorithm, which it turns into tensors as networks see them. It has a tape of its own, and memory that every update
/// uses again.
/// </summary>
sealed class GoalBatch : IDisposable
{
    readonly GoalDataset data;
    readonly List<(string Name, double Sum)> notes = [];
    float[] scratch = [];

    /// <summary>Room for B rows of a minibatch.</summary>
    /// <param name="data">What is learned from.</param>
    /// <param name="first">The place of the first row within the minibatch.</param>
    /// <param name="count">B.</param>
    /// <param name="total">The rows of the whole minibatch.</param>
    /// <param name="subgoals">M, the subgoals of a row.</param>
    /// <param name="input">What networks see; null for numbers as they are.</param>
    public GoalBatch(
        GoalDataset data, int first, int count, int total, int subgoals = 1, GoalInput? input = null)
    {
        (this.data, First, Count, Total) = (data, first, count, total);
        Input = input ?? new GoalInput(data);
        (Anchors, Goals, ActorGoals) = (new int[count], new int[count], new int[count]);
        Places = new int[count];
        Subgoals = [.. Enumerable.Range(0, subgoals).Select(_ => new int[count])];
        (Known, Guessed) = (new float[count], new float[count]);
        (Noise, Times) = (new float[count * data.Action.Numbers], new float[count]);
    }

    /// <summary>Where losses are computed.</summary>
    public Tape Tape { get; } = new(new Arena());

    /// <summary>What networks see of rows.</summary>
    public GoalInput Input { get; }

    /// <summary>The place of the first row within the minibatch.</summary>
    public int First { get; }

    /// <summary>Rows, B.</summary>
    public int Count { get; }

    /// <summary>Rows of the whole minibatch: what means are taken over.</summary>
    public int Total { get; }

    /// <summary>The rows that are learned about, i, [B].</summary>
    public int[] Anchors { get; }

    /// <summary>The goals that values are asked about, j, [B].</summary>
    public int[] Goals { get; }

    /// <summary>The goals that the policy is asked to reach, [B].</summary>
    public int[] ActorGoals { get; }

    /// <summary>Places between an anchor and its goal, k: M times [B].</summary>
    public int[][] Subgoals { get; }

    /// <summary>Other rows that an algorithm needs, such as those after the anchors, [B].</summary>
    public int[] Places { get; }

    /// <summary>Numbers that an algorithm knows and others that it does not, [B] each: see its own text.</summary>
    public float[] Known { get; }

    /// <inheritdoc cref="Known"/>
    public float[] Guessed { get; }

    /// <summary>Normal numbers, [B, C], for those who need some.</summary>
    public float[] Noise { get; }

    /// <summary>Uniform numbers, [B], for those who need some.</summary>
    public float[] Times { get; }

    /// <summary>What networks see of rows as states, [n, D].</summary>
    /// <param name="rows">The rows, [n].</param>
    public Tensor Observations(ReadOnlySpan<int> rows)
    {
        Span<float> numbers = Scratch(rows.Length * Input.StateWidth);
        for (int b = 0; b < rows.Length; b++)
            Input.WriteState(data.ObservationOf(rows[b]), numbers.Slice(b * Input.StateWidth, Input.StateWidth));
        return Tape.Constant(new Shape(rows.Length, Input.StateWidth), numbers);
    }

    /// <summary>What a policy sees of rows as goals, [n, G]: their representation where the set has one.</summary>
    /// <param name="rows">The rows, [n].</param>
    public Tensor Representations(ReadOnlySpan<int> rows)
    {
        if (!data.HasGoals)
            return Observations(rows);
        Span<float> numbers = Scratch(rows.Length * Input.GoalWidth);
        for (int b = 0; b < rows.Length; b++)
            Input.WriteGoal(data.GoalOf(rows[b]), numbers.Slice(b * Input.GoalWidth, Input.GoalWidth));
        return Tape.Constant(new Shape(rows.Length, Input.GoalWidth), numbers);
    }

    /// <summary>The actions that were taken at rows, [n, A + C]: choices one-hot, then numbers.</summary>
    /// <param name="rows">The rows, [n].</param>
    public Tensor Actions(ReadOnlySpan<int> rows)
    {
        Span<float> numbers = Scratch(rows.Length * Input.ActionWidth);
        for (int b = 0; b < rows.Length; b++)
            Input.WriteAction(data.ActionOf(rows[b]), numbers.Slice(b * Input.ActionWidth, Input.ActionWidth));
        return Tape.Constant(new Shape(rows.Length, Input.ActionWidth), numbers);
    }

    /// <summary>The same choice in every row as networks see it, [B, A].</summary>
    /// <param name="choice">Which.</param>
    public Tensor Choice(int choice)
    {
        Span<float> numbers = Scratch(Count * Input.ActionWidth);
        numbers.Clear();
        for (int b = 0; b < Count; b++)
            numbers[b * Input.ActionWidth + choice] = 1;
        return Tape.Constant(new Shape(Count, Input.ActionWidth), numbers);
    }

    /// <summary>Ones on the diagonal, zeros elsewhere, [B, B].</summary>
    public Tensor Diagonal()
    {
        Span<float> numbers = Scratch(Count * Count);
        numbers.Clear();
        for (int b = 0; b < Count; b++)
            numbers[b * Count + b] = 1;
        return Tape.Constant(new Shape(Count, Count), numbers);
    }

    /// <summary>A column of constants, [n, 1].</summary>
    /// <param name="numbers">[n].</param>
    public Tensor Column(ReadOnlySpan<float> numbers) => Tape.Constant(new Shape(numbers.Length, 1), numbers);

    /// <summary>This share of the mean over the minibatch; the shares of all add up to it.</summary>
    /// <param name="column">[B, 1].</param>
    public Tensor Mean(Tensor column) => column.Sum() * (1f / Total);

    /// <summary>Keeps a share of a mean for the curves, and gives it back.</summary>
    /// <param name="name">Such as <c>critic_loss</c>.</param>
    /// <param name="share">One number, as <see cref="Mean"/> gives it.</param>
    public Tensor Note(string name, Tensor share)
    {
        int place = 0;
        while (place < notes.Count && notes[place].Name != name)
            place++;
        if (place == notes.Count)
            notes.Add((name, 0));
        notes[place] = (name, notes[place].Sum + share.Read());
        return share;
    }

    /// <summary>What was kept, since <see cref="Forget"/>.</summary>
    public IReadOnlyList<(string Name, double Sum)> Notes => notes;

    /// <summary>Sets all that was kept to 0.</summary>
    public void Forget()
    {
        for (int i = 0; i < notes.Count; i++)
            notes[i] = (notes[i].Name, 0);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => Tape.Arena.Dispose();

    Span<float> Scratch(int count)
    {
        if (scratch.Length < count)
            scratch = new float[count];
        return scratch.AsSpan(0, count);
    }
}
