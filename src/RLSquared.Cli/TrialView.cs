using System.Globalization;
using System.Text;
using RLSquared.Cli.Commands;

namespace RLSquared.Cli;

/// <summary>
/// A trial as lines of text: a column for each arm while they fit, with the probability of pulling it, and the arm that
/// was pulled in brackets; of many arms the bars alone. At the end of a line stand the state, where there are states,
/// and the true means, where they move.
/// </summary>
internal sealed class TrialView(PlayedTrial trial, int width)
{
    const string bars = " ▁▂▃▄▅▆▇█";
    const int columnWidth = 9, nameWidth = 10, sumWidth = 16;

    readonly int arms = trial.Task.Actions;
    readonly string noun = trial.IsBandit ? "arm" : "act";

    bool HasColumns => trial.Task.Action.IsDiscrete && nameWidth + arms * columnWidth + sumWidth <= width;

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
        string last = trial.IsRestless ? "  true means" : trial.HasStates ? "  state" : "";
        yield return "".PadRight(nameWidth) + names + "reward   total" + last;
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
        if (!trial.Task.Action.IsDiscrete)
        {
            string choices = string.Join(' ', step.Choices.Select(choice => choice + 1));
            string numbers = string.Join(' ', step.Numbers.Select(
                number => number.ToString("F2", CultureInfo.InvariantCulture)));
            string gap = choices.Length > 0 && numbers.Length > 0 ? "  " : "";
            line.Append(CultureInfo.InvariantCulture,
                $"{choices}{gap}{numbers}  brings {step.Reward:G4}, {step.Total:G6} so far{Truth(step)}");
            return line.ToString();
        }
        if (!HasColumns)
        {
            line.Append(string.Concat(step.Probabilities.Select(Bar)));
            line.Append(
                CultureInfo.InvariantCulture,
                $"  {noun} {step.Action + 1} brings {step.Reward:G4}, {step.Total:G6} so far{Truth(step)}");
            return line.ToString();
        }
        for (int arm = 0; arm < arms; arm++)
        {
            string text = step.Probabilities.Length == 0 ? (arm == step.Action ? "●" : "·") : string.Create(
                CultureInfo.InvariantCulture, $"{step.Probabilities[arm] * 100,3:F0}% {Bar(step.Probabilities[arm])}");
            line.Append((arm == step.Action ? $" [{text}]" : $"  {text}").PadRight(columnWidth));
        }
        line.Append(CultureInfo.InvariantCulture, $"{step.Reward,6:G4}{step.Total,8:G6}{Truth(step)}");
        return line.ToString();
    }

    string Truth(PlayedStep step) => trial.IsRestless
        ? string.Concat(step.Means.Select(mean => string.Create(CultureInfo.InvariantCulture, $"  {mean:F2}")))
        : step.State is { } state ? $"  {state}" : "";

    // The tallest that is not above the share; the least visible one for what is almost nothing.
    static char Bar(float share) => bars[(int)Math.Round(Math.Clamp(share, 0, 1) * (bars.Length - 1))];
}
