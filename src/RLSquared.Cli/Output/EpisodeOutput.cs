using System.Globalization;
using System.Text.Json;
using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Tasks;

namespace RLSquared.Cli.Output;

/// <summary>
/// What each episode of a trial brings on average: whether an agent does better in later episodes, which is what it
/// learns within a trial.
/// </summary>
internal static class EpisodeOutput
{
    const int MostTrials = 250;

    /// <summary>The means by episode; none for a task whose trials have one episode, or one at each step.</summary>
    /// <param name="task">What is played.</param>
    /// <param name="agent">Who plays.</param>
    /// <param name="instances">The trials of the evaluation, of which the first ones are played again.</param>
    /// <param name="seed">Their seed.</param>
    public static (IReadOnlyList<Estimate> Means, int Trials) Play(
        TaskDistribution task, Agent agent, int instances, ulong seed)
    {
        // An arm's pull is an episode of its own, a search has figures of its own, and a game is not played twice.
        if (task is BanditTask || task.GoalEpisodes > 0 || task.MaxLanes != int.MaxValue)
            return ([], 0);
        int trials = Math.Min(instances, MostTrials);
        IReadOnlyList<double[]> returns = EpisodeReturns.Of(task, agent, trials, seed);
        return returns.Count is 1 || returns.Count >= task.TrialLength
            ? ([], 0) : ([.. returns.Select(episode => Estimate.Of(episode))], trials);
    }

    /// <summary>Writes the first episodes and the last one; nothing where there are no means.</summary>
    public static void Write(TextWriter output, string agent, (IReadOnlyList<Estimate> Means, int Trials) played)
    {
        (IReadOnlyList<Estimate> means, int trials) = played;
        if (means.Count == 0)
            return;
        int[] shown = [.. ((int[])[1, 2, 3, 5, 10, 20, 50, 100]).Where(number => number < means.Count), means.Count];
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{agent}, mean return by episode in the first {trials:N0} trials"));
        foreach (int number in shown)
            output.WriteLine($"  episode {number.ToString(CultureInfo.InvariantCulture),-5} {means[number - 1]}");
    }

    /// <summary>Writes the property <c>episodes</c>, or nothing where there are no means.</summary>
    public static void WriteJson(Utf8JsonWriter json, (IReadOnlyList<Estimate> Means, int Trials) played)
    {
        if (played.Means.Count == 0)
            return;
        json.WriteStartArray("episodes");
        foreach (Estimate mean in played.Means)
        {
            json.WriteStartObject();
            json.WriteNumber("mean", mean.Mean);
            json.WriteNumber("standardError", mean.StandardError);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
