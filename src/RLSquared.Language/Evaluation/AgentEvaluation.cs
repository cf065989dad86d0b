using System.Text;
using RLSquared.Evaluation;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Environments;
using RLSquared.Language.Experience;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;
using RLSquared.Tensors;

namespace RLSquared.Language.Evaluation;

/// <summary>
/// How well an agent plays levels that it has never learnt from. The score of a level is 1 where it was solved.
/// </summary>
static class AgentEvaluation
{
    /// <summary>How the plays of some levels go: each with all that came after it, in the order of attempts.</summary>
    public delegate IReadOnlyList<AgentPlay[]> Attempts(
        AgentLoop loop, AgentPlay[] plays, CancellationToken cancellation);

    /// <summary>Each level once.</summary>
    /// <param name="temperature">What scores are divided by.</param>
    public static Attempts Once(double temperature) => (loop, plays, cancellation) =>
    {
        loop.Play(plays, temperature, cancellation);
        return [.. plays.Select(play => (AgentPlay[])[play])];
    };

    /// <param name="name">What the result calls it.</param>
    /// <param name="model">Who plays.</param>
    /// <param name="prompts">What it reads.</param>
    /// <param name="attempts">Plays each level, once or several times.</param>
    /// <param name="options">How many levels, of which seed, on how many threads.</param>
    /// <param name="cancellation">Stops it.</param>
    public static EvaluationResult Evaluate(
        string name, LanguageModel model, AgentPrompts prompts, Attempts attempts, EvaluationOptions options,
        CancellationToken cancellation)
    {
        List<AgentPlay[]> all = [];
        using var workers = new Workers(options.Threads);
        using var generator = new Generator(
            model, new GeneratorOptions { MostInFlight = options.Lanes }, prompts.Task.Tokenizer, workers);
        var loop = new AgentLoop(prompts, generator, options.Seed);
        long levels = 0, trajectories = 0;
        // In parts, so that an evaluation of any size takes little memory and can be stopped.
        while (all.Count < options.Instances)
        {
            AgentPlay[] plays = AgentCounts.Begin(prompts.Task, options.Seed, PromptSplit.HeldOut,
                Math.Min(options.Lanes, options.Instances - all.Count), 1, ref levels, ref trajectories);
            all.AddRange(attempts(loop, plays, cancellation));
        }
        AgentPlay[] first = [.. all.Select(one => one[0])];
        double[] totals = [.. first.Select(play => play.IsSolved ? 1.0 : 0)];
        AgentTask task = prompts.Task;
        return new EvaluationResult(task.Name, task.Settings, options.Instances, options.Seed,
            [new AgentScore(name, [], Estimate.Of(totals), totals) { Figures = [.. Figures(all, first)] }], null);
    }

    static IEnumerable<(string, Estimate)> Figures(List<AgentPlay[]> all, AgentPlay[] first)
    {
        int most = all.Max(attempts => attempts.Length);
        for (int k = 1; k <= most && most > 1; k++)
        {
            int within = k;
            yield return ($"success@{k}", Estimate.Of([.. all.Select(
                attempts => attempts.Take(within).Any(play => play.IsSolved) ? 1.0 : 0)]));
        }
        yield return ("score", Estimate.Of([.. first.Select(play => play.Environment.Score)]));
        yield return ("return", Estimate.Of([.. first.Select(play => play.Return)]));
        yield return ("turns", Estimate.Of([.. first.Select(play => (double)play.Turns.Count)]));
        yield return ("invalid", Estimate.Of([.. first.Select(
            play => play.Turns.Count(turn => !turn.IsValid) / (double)Math.Max(1, play.Turns.Count))]));
        if (ReProCredit.Discrimination(first) is var discrimination && double.IsFinite(discrimination))
            yield return ("discrimination", new Estimate(discrimination, 0));
        foreach (IGrouping<string, AgentPlay> kind in first.GroupBy(play => play.Environment.Category)
            .Where(kind => kind.Key.Length > 0).OrderBy(kind => kind.Key, StringComparer.Ordinal))
            yield return ($"success/{kind.Key}", Estimate.Of([.. kind.Select(play => play.IsSolved ? 1.0 : 0)]));
    }

    /// <summary>Plays one level of an evaluation and shows how.</summary>
    public static string Transcript(
        AgentTrainer trainer, AgentPrompts prompts, Attempts attempts, ulong seed, int number)
    {
        trainer.TakeWeights();
        long level = number, trajectory = number;
        AgentPlay[] plays = AgentCounts.Begin(
            prompts.Task, seed, PromptSplit.HeldOut, 1, 1, ref level, ref trajectory);
        return Transcript(attempts(new AgentLoop(prompts, trainer.Generator, seed), plays, default)[0]);
    }

    /// <summary>Attempts at one level as a text: what the agent read and what it wrote, turn by turn.</summary>
    public static string Transcript(IReadOnlyList<AgentPlay> attempts)
    {
        var text = new StringBuilder();
        foreach ((int number, AgentPlay play) in attempts.Index())
        {
            if (attempts.Count > 1)
                text.AppendLine($"── attempt {number + 1}");
            if (play.Environment.Instruction.Length > 0)
                text.AppendLine(play.Environment.Instruction);
            foreach ((int turn, AgentTurn one) in play.Turns.Index())
            {
                text.AppendLine($"turn {turn + 1}").AppendLine(one.Observation);
                text.AppendLine($"  > {one.Reply}{(one.IsValid ? "" : "   (not valid)")}   reward {one.Reward:G4}");
            }
            text.AppendLine(play.Environment.Observation);
            text.AppendLine($"{(play.IsSolved ? "solved" : "not solved")} after {play.Turns.Count} turns, " +
                $"return {play.Return:G4}");
            if (play.Reflection is { } look)
                text.AppendLine($"looking back: {look.Reply}");
        }
        return text.ToString();
    }
}
