using System.Globalization;
using RLSquared.Evaluation;

namespace RLSquared.Reproduction;

/// <summary>Shares and steps of episodes, as tables and pages show them.</summary>
internal static class EpisodeText
{
    /// <summary>'97.1 %'.</summary>
    public static string Percent(double share) => share.ToString("P1", CultureInfo.InvariantCulture);

    /// <summary>'52.4 ± 1.3', or a dash.</summary>
    public static string Steps(Estimate? steps) => steps is { } known
        ? string.Create(CultureInfo.InvariantCulture, $"{known.Mean:F1} ± {known.StandardError:F1}") : "–";
}
