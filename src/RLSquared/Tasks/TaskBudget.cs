namespace RLSquared.Tasks;

/// <summary>
/// What it takes to learn a task with the default options of the algorithm that learns it (<see cref="TaskEntry"/>),
/// and what comes of it, as recorded in <c>docs/results</c>.
/// </summary>
/// <param name="Text">The budget, as <see cref="Runs.Budget.Parse"/> reads it: <c>2M</c>, <c>3min</c>.</param>
/// <param name="Minutes">About how long that takes on two cores; null where it was not timed.</param>
/// <param name="Reaches">
/// What the trained agent then reaches, such as <c>6.5 a trial; random 5.0</c>; null where it is not recorded.
/// </param>
public sealed record TaskBudget(string Text, double? Minutes = null, string? Reaches = null)
{
    /// <summary>In one line: '--budget 12M (about 3 min) reaches 6.5 a trial; random 5.0'.</summary>
    public override string ToString() => $"--budget {Text}" +
        (Minutes is { } minutes ? FormattableString.Invariant($" (about {minutes:0.#} min)") : "") +
        (Reaches is null ? " learns it" : $" reaches {Reaches}");
}
