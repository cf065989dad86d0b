using System.Globalization;
using System.Text;
using RLSquared.Cli.Sessions;
using RLSquared.Tasks;

namespace RLSquared.Cli.Output;

/// <summary>
/// A trial as lines of text: a column for each arm while they fit, with the probability of pulling it, and the arm that
/// was pulled in brackets; of many arms the bars alone. At the end of a line stand the state or the vector that was
/// seen, where there is one, and the true means, where they move.
/// </summary>
internal sealed class TrialView(PlayedTrial trial, int width)
{
    const string bars = " ▁▂▃▄▅▆▇█";
    const int columnWidth = 9, nameWidth = 10, sumWidth = 16, mostNumbers = 8;

    readonly int arms = trial.Task.Actions;
    readonly string noun = trial.IsBandit ? "arm" : "act";

    bool HasColumns => nameWidth + arms * columnWidth + sumWidth <= width;

    // In proportion to the best arm where arms pay more than 1.
    float Scale => Math.Max(1, trial.Means.DefaultIfEmpty().Max());

    /// <summary>The names of the columns, and the truth where there is one.</summary>
    public IEnumerable<string> Header()
    {
        if (!HasColumns)
        {
            if (trial.Means.Length > 0)
                yield return "true".PadRight(nameWidth) + string.Concat(trial.Means.Select(mean => Bar(mean / Scale)));
            yield break;
        }
        string names = string.Concat(Enumerable.Range(1, arms).Select(arm => $"  {noun} {arm}".PadRight(columnWidth)));
        string last = trial.IsRestless ? "  true means" : trial.HasStates ? "  state"
            : trial.Task.Observation.Kind == ObservationKind.Vector ? "  observation" : "";
        string numbers = trial.Task.Action.Numbers > 0 ? "  numbers" : "";
        string skill = (trial.HasSkills ? "  skill" : "") + (trial.HasPhases ? "    phase" : "");
        yield return "".PadRight(nameWidth) + names + "reward   total" + numbers + skill + last;
        if (trial.Means.Length > 0)
        {
            yield return "true mean".PadRight(nameWidth) + string.Concat(trial.Means.Select(mean => string.Create(
                CultureInfo.InvariantCulture, $"  {mean,4:F2} {Bar(mean / Scale)}").PadRight(columnWidth)));
        }
    }

    /// <summary>One step.</summary>
    public string Line(PlayedStep step)
    {
        var line = new StringBuilder($"step {step.Number}".PadRight(nameWidth));
        if (!HasColumns)
        {
            line.Append(string.Concat(step.Probabilities.Select(Bar)));
            string taken = step.Choices.Length == 0 ? ""
                : $"  {noun} {string.Join(" and ", step.Choices.Select(choice => choice + 1))}";
            line.Append(
                CultureInfo.InvariantCulture,
                $"{taken}{Numbers(step)} brings {Figure(step.Reward)}, {Figure(step.Total)} so far" +
                $"{Skill(step)}{Phase(step)}{Truth(step)}");
            return line.ToString();
        }
        for (int arm = 0; arm < arms; arm++)
        {
            bool isTaken = IsTaken(step, arm);
            string text = step.Probabilities.Length == 0 ? (isTaken ? "●" : "·") : string.Create(
                CultureInfo.InvariantCulture, $"{step.Probabilities[arm] * 100,3:F0}% {Bar(step.Probabilities[arm])}");
            line.Append((isTaken ? $" [{text}]" : $"  {text}").PadRight(columnWidth));
        }
        line.Append(
            CultureInfo.InvariantCulture,
            $"{Figure(step.Reward),6}{Figure(step.Total),8}{Numbers(step)}{Skill(step)}{Phase(step)}{Truth(step)}");
        return line.ToString();
    }

    // Rewards of 0 and 1 need no fraction; others line up with two digits of it.
    static string Figure(double number) =>
        number.ToString(number == Math.Floor(number) ? "F0" : "F2", CultureInfo.InvariantCulture);

    // The options of several choices stand in one row, those of one choice after those of the one before.
    bool IsTaken(PlayedStep step, int option)
    {
        ActionSpace space = trial.Task.Action;
        return Enumerable.Range(0, space.Choices).Any(k => space.StartOf(k) + step.Choices[k] == option);
    }

    static string Numbers(PlayedStep step) =>
        string.Concat(step.Numbers.Select(number => string.Create(CultureInfo.InvariantCulture, $"  {number,5:F2}")));

    string Skill(PlayedStep step) =>
        step.Skill is not { } skill ? "" : HasColumns ? $"  {skill,5}" : $"  skill {skill}";

    static string Phase(PlayedStep step) =>
        step.Explores is not { } explores ? "" : explores ? "  explore" : "  exploit";

    string Truth(PlayedStep step) => trial.IsRestless
        ? string.Concat(step.Means.Select(mean => string.Create(CultureInfo.InvariantCulture, $"  {mean:F2}")))
        : step.State is { } state ? $"  {state}" : Seen(step.Observation);

    // The first numbers of a vector; of a long one it is said how many there are.
    static string Seen(float[] observation) => observation.Length == 0 ? ""
        : "  " + string.Join(" ", observation.Take(mostNumbers)
            .Select(number => number.ToString("0.##", CultureInfo.InvariantCulture)))
        + (observation.Length > mostNumbers ? $" … ({observation.Length} numbers)" : "");

    // The tallest that is not above the share; the least visible one for what is almost nothing.
    static char Bar(float share) => bars[(int)Math.Round(Math.Clamp(share, 0, 1) * (bars.Length - 1))];
}
