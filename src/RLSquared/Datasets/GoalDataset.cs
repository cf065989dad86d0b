using System.Globalization;
using RLSquared.Tasks;

namespace RLSquared.Datasets;

/// <summary>
/// Recorded trajectories, one row after the other: row t holds an observation and the action that was then taken; the
/// next row of the trajectory holds what followed. The last row of a trajectory has no successor, so that its action
/// led nowhere that is known. Rows are reached by their number, as spans of the set's own memory; nothing is copied and
/// nothing allocated.
/// <para>
/// A set may bring a second description of each observation, its goal representation: what matters of it when it is a
/// goal. Where there is none, <see cref="GoalOf"/> is the observation.
/// </para>
/// </summary>
public sealed class GoalDataset
{
    readonly float[] observations;      // [n, D]
    readonly float[] numbers;           // [n, C]
    readonly int[] choices;             // [n, K]
    readonly float[] goals;             // [n, G], or empty
    readonly bool[] terminals;          // [n]
    int[] starts = [];                  // [M + 1]: the first row of each trajectory, then n
    int[] trajectories = [];            // [n]: the trajectory of each row
    GoalScale? observationScale, goalScale;

    /// <summary>A set of rows that are all there.</summary>
    /// <param name="name">What the set is called in messages, such as the file that it came from.</param>
    /// <param name="observation">What an observation is; it says D.</param>
    /// <param name="action">What an action is; it says K and C.</param>
    /// <param name="observations">The observations, [n, D]; kept, not copied.</param>
    /// <param name="numbers">The numbers of the actions, [n, C], each from −1 to 1; kept.</param>
    /// <param name="choices">The choices of the actions, [n, K]; kept.</param>
    /// <param name="terminals">Whether a row is the last of its trajectory, [n]; kept.</param>
    /// <param name="goals">Goal representations, [n, G]; kept. Null where they are the observations.</param>
    /// <exception cref="InvalidDataException">
    /// Lengths that do not fit, a number that is not finite or out of range, a trajectory without an end or of one row.
    /// </exception>
    public GoalDataset(
        string name, ObservationSpace observation, ActionSpace action, float[] observations, float[] numbers,
        int[] choices, bool[] terminals, float[]? goals = null)
    {
        ArgumentNullException.ThrowIfNull(observations);
        ArgumentNullException.ThrowIfNull(numbers);
        ArgumentNullException.ThrowIfNull(choices);
        ArgumentNullException.ThrowIfNull(terminals);
        (Name, Observation, Action, Rows) = (name, observation, action, terminals.Length);
        (this.observations, this.numbers, this.choices) = (observations, numbers, choices);
        (this.terminals, this.goals) = (terminals, goals ?? []);
        GoalWidth = goals is null || Rows == 0 ? observation.Width : goals.Length / Rows;
        RequireLength("observations", observations.Length, observation.Width);
        RequireLength("numbers of actions", numbers.Length, action.Numbers);
        RequireLength("choices of actions", choices.Length, action.Choices);
        RequireLength("goals", goals?.Length ?? Rows * GoalWidth, GoalWidth);
        Finish();
    }

    /// <summary>Room for rows that are still to be written (<see cref="TrajectorySpan"/>).</summary>
    internal GoalDataset(
        string name, ObservationSpace observation, ActionSpace action, int goalWidth, int rows, bool hasGoals)
    {
        (Name, Observation, Action, GoalWidth, Rows) = (name, observation, action, goalWidth, rows);
        observations = new float[checked(rows * observation.Width)];
        numbers = new float[checked(rows * action.Numbers)];
        choices = new int[checked(rows * action.Choices)];
        goals = hasGoals ? new float[checked(rows * goalWidth)] : [];
        terminals = new bool[rows];
    }

    /// <summary>What the set is called in messages.</summary>
    public string Name { get; }

    /// <summary>What an observation is.</summary>
    public ObservationSpace Observation { get; }

    /// <summary>What an action is.</summary>
    public ActionSpace Action { get; }

    /// <summary>Numbers of a goal representation, G; where there is none, those of an observation.</summary>
    public int GoalWidth { get; }

    /// <summary>Rows, n.</summary>
    public int Rows { get; }

    /// <summary>Trajectories, M.</summary>
    public int Trajectories => starts.Length - 1;

    /// <summary>The rows of the longest trajectory.</summary>
    public int Longest { get; private set; }

    /// <summary>Whether there are goal representations beside the observations.</summary>
    public bool HasGoals => goals.Length > 0;

    /// <summary>All observations, [n, D].</summary>
    public ReadOnlySpan<float> Observations => observations;

    /// <summary>The numbers of all actions, [n, C].</summary>
    public ReadOnlySpan<float> Numbers => numbers;

    /// <summary>The choices of all actions, [n, K].</summary>
    public ReadOnlySpan<int> Choices => choices;

    /// <summary>All goal representations, [n, G].</summary>
    public ReadOnlySpan<float> Goals => HasGoals ? goals : observations;

    /// <summary>Whether a row is the last of its trajectory, [n].</summary>
    public ReadOnlySpan<bool> Terminals => terminals;

    /// <summary>The first row of each trajectory and, behind them, n: [M + 1].</summary>
    public ReadOnlySpan<int> Starts => starts;

    /// <summary>The observation of a row, [D].</summary>
    public ReadOnlySpan<float> ObservationOf(int row) =>
        observations.AsSpan(row * Observation.Width, Observation.Width);

    /// <summary>What matters of a row's observation when it is a goal, [G].</summary>
    public ReadOnlySpan<float> GoalOf(int row) =>
        (HasGoals ? goals : observations).AsSpan(row * GoalWidth, GoalWidth);

    /// <summary>The action that was taken at a row.</summary>
    public ReadOnlyActionSpan ActionOf(int row) => new(
        choices.AsSpan(row * Action.Choices, Action.Choices), numbers.AsSpan(row * Action.Numbers, Action.Numbers));

    /// <summary>The trajectory of a row, 0 … M − 1.</summary>
    public int TrajectoryOf(int row) => trajectories[row];

    /// <summary>The first row of the trajectory that a row is of.</summary>
    public int FirstOf(int row) => starts[trajectories[row]];

    /// <summary>The last row of the trajectory that a row is of: it has no successor.</summary>
    public int LastOf(int row) => starts[trajectories[row] + 1] - 1;

    /// <summary>What brings observations to a mean of 0 and a deviation of 1; measured when it is first asked for.
    /// </summary>
    internal GoalScale ObservationScale => observationScale ??= new GoalScale(observations, Observation.Width);

    /// <summary>The same for goal representations.</summary>
    internal GoalScale GoalScale => goalScale ??= new GoalScale(Goals, GoalWidth);

    /// <summary>Checks what was written and finds the trajectories.</summary>
    internal GoalDataset Finish()
    {
        if (Rows == 0)
            throw new InvalidDataException($"{Name} has no rows; a set needs at least one trajectory of two rows");
        RequireFinite("observation", observations, Observation.Width);
        RequireFinite("action", numbers, Action.Numbers);
        RequireFinite("goal", goals, GoalWidth);
        RequireInRange();
        trajectories = new int[Rows];
        List<int> found = [0];
        for (int row = 0; row < Rows; row++)
        {
            trajectories[row] = found.Count - 1;
            if (!terminals[row])
                continue;
            int length = row + 1 - found[^1];
            if (length < 2)
            {
                throw new InvalidDataException($"{Name}: the trajectory that ends with row {row} has one row; " +
                    "it needs two, since an action is known only with what followed it");
            }
            Longest = Math.Max(Longest, length);
            found.Add(row + 1);
        }
        if (found.Count == 1)
        {
            throw new InvalidDataException(
                $"{Name} has no terminals: of {Rows} rows none ends a trajectory; mark the last row of each");
        }
        if (found[^1] != Rows)
        {
            throw new InvalidDataException(
                $"{Name}: the last trajectory, from row {found[^1]} on, has no end; mark row {Rows - 1} as terminal");
        }
        starts = [.. found];
        return this;
    }

    internal Span<float> WritableObservation(int row) =>
        observations.AsSpan(row * Observation.Width, Observation.Width);

    internal Span<float> WritableNumbers(int row) => numbers.AsSpan(row * Action.Numbers, Action.Numbers);

    internal Span<int> WritableChoices(int row) => choices.AsSpan(row * Action.Choices, Action.Choices);

    internal Span<float> WritableGoal(int row) => goals.AsSpan(row * GoalWidth, GoalWidth);

    internal void SetTerminal(int row) => terminals[row] = true;

    void RequireLength(string what, int length, int width)
    {
        if (length != (long)Rows * width)
        {
            throw new InvalidDataException(
                $"{Name}: {Rows} rows need {(long)Rows * width} {what}, {width} each, but there are {length}");
        }
    }

    void RequireFinite(string what, float[] values, int width)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                string found = float.IsNaN(values[i]) ? "not a number" : "infinite";
                throw new InvalidDataException(
                    $"{Name}: number {i % width} of the {what} of row {i / width} is {found}; all must be finite");
            }
        }
    }

    void RequireInRange()
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            if (Math.Abs(numbers[i]) > 1)
            {
                throw new InvalidDataException(
                    $"{Name}: number {i % Action.Numbers} of the action of row {i / Action.Numbers} is " +
                    $"{numbers[i].ToString(CultureInfo.InvariantCulture)}; scale actions to −1 … 1");
            }
        }
        for (int i = 0; i < choices.Length; i++)
        {
            int options = Action.SizeOf(i % Action.Choices);
            if ((uint)choices[i] >= (uint)options)
            {
                throw new InvalidDataException($"{Name}: the action of row {i / Action.Choices} is {choices[i]}; " +
                    $"with {options} options it is 0 to {options - 1}");
            }
        }
        if (Observation.Kind != ObservationKind.Discrete)
            return;
        for (int row = 0; row < Rows; row++)
        {
            if (observations[row] < 0 || observations[row] >= Observation.Size
                || observations[row] != MathF.Floor(observations[row]))
            {
                throw new InvalidDataException($"{Name}: the observation of row {row} is " +
                    $"{observations[row].ToString(CultureInfo.InvariantCulture)}; " +
                    $"with {Observation.Size} states it is a whole number from 0 to {Observation.Size - 1}");
            }
        }
    }
}

/// <summary>The rows of one trajectory of a set that is being written.</summary>
/// <param name="dataset">The set.</param>
/// <param name="first">The trajectory's first row.</param>
/// <param name="rows">How many rows it has.</param>
internal readonly struct TrajectorySpan(GoalDataset dataset, int first, int rows)
{
    /// <summary>How many rows there are.</summary>
    public int Rows => rows;

    /// <summary>The observation at a step, [D].</summary>
    public Span<float> Observation(int t) => dataset.WritableObservation(first + t);

    /// <summary>The numbers of the action at a step, [C].</summary>
    public Span<float> Numbers(int t) => dataset.WritableNumbers(first + t);

    /// <summary>The choices of the action at a step, [K].</summary>
    public Span<int> Choices(int t) => dataset.WritableChoices(first + t);

    /// <summary>The goal representation at a step, [G], where the set has them.</summary>
    public Span<float> Goal(int t) => dataset.WritableGoal(first + t);

    /// <summary>Marks the last row.</summary>
    public void End() => dataset.SetTerminal(first + rows - 1);
}
