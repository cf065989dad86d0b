namespace RLSquared.Tasks;

/// <summary>
/// What it takes to learn a task with the default options of the algorithm that learns it (<see cref="TaskEntry"/>),
/// and what comes of it. <c>docs/results/budgets.md</c> has the commands.
/// </summary>
/// <param name="Steps">The budget, as <see cref="Runs.Budget.Parse"/> reads it, such as <c>2M</c>.</param>
/// <param name="Minutes">About how long that takes on one core of a usual machine.</param>
/// <param name="Reaches">
/// What the trained agent then reaches, such as <c>6.5 a trial; random 5.0</c>; null where it is not recorded.
/// </param>
public sealed record TaskBudget(string Steps, double Minutes, string? Reaches = null)
{
    /// <summary>In one line: '--budget 2M (about 1 min) reaches 6.5 a trial; random 5.0, best 6.7'.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"--budget {Steps} (about {Minutes:0.#} min) {(Reaches is null ? "learns it" : $"reaches {Reaches}")}");
}
