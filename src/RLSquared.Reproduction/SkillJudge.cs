using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Reproduction;

/// <summary>
/// Judges skills by what fresh masters make of them, with the skills as they are: the test of 'Meta learning shared
/// hierarchies' (Frans et al. 2018). Who has no skills plays the same tasks as it is.
/// </summary>
internal static class SkillJudge
{
    const int Masters = 10, Updates = 9;                    // of movement-bandits
    const int Apprentices = 5, Iterations = 60;             // of four-rooms
    const int Walkers = 4, Walks = 8;                       // of ant-twowalk

    /// <summary>
    /// Movement bandits: the score is the return on the worse of the two goals, so that skills that know one goal alone
    /// come to nothing.
    /// </summary>
    public static Judged TwoGoals(TableRow row, Contestant who) =>
        Worse(who, "goal", Masters, Updates + 1, scaled: (_, of) => of);

    /// <summary>
    /// Twowalk: the score is the share of what standing still loses that is saved, on the worse of the two targets. So
    /// that it shows whether skills walk apart, where each of them ends by itself, in metres.
    /// </summary>
    public static Judged TwoTargets(TableRow row, Contestant who)
    {
        Judged found = Worse(who, "target", Walkers, Walks, (task, of) =>
        {
            double still = StandingStill(task);
            return new Estimate(1 - of.Mean / still, of.StandardError / -still);
        });
        if (who.Learned is not Mlsh { Parts: { } skills })
            return found;
        var figures = new Dictionary<string, Estimate>(found.Figures!, StringComparer.Ordinal);
        for (int skill = 0; skill < skills.Count; skill++)
        {
            (figures[$"skill {skill} ends at x"], figures[$"skill {skill} ends at y"]) =
                Ends(skills[skill], who.Task, who.Options);
        }
        return found with { Figures = figures };
    }

    // What a trial of Twowalk returns to an ant that stays where it begins, 5 m from the target.
    static double StandingStill(TaskDistribution task) => -Math.Sqrt(5) / 3000 * task.TrialLength;

    // Two tasks that an option tells apart: fresh masters on each, and each skill alone; the worse one counts.
    static Judged Worse(
        Contestant who, string option, int masters, int iterations, Func<TaskDistribution, Estimate, Estimate> scaled)
    {
        var figures = new Dictionary<string, Estimate>(StringComparer.Ordinal);
        var scores = new Estimate[2];
        for (int which = 0; which < 2; which++)
        {
            TaskDistribution task = who.With($"{option}={which}");
            Estimate[] curve = Learn(who, task, masters, iterations);
            figures[$"{option} {which}"] = scores[which] = scaled(task, curve[^1]);
            if (curve.Length > 1)
                figures[$"{option} {which}, before the first update"] = scaled(task, curve[0]);
            if (who.Learned is not Mlsh { Parts: { Count: > 0 } skills })
                continue;
            AgentScore[] alone = [.. Evaluator.Run(task, skills, who.Options).Agents];
            for (int skill = 0; skill < alone.Length; skill++)
                figures[$"{option} {which}, skill {skill} alone"] = scaled(task, alone[skill].Score);
        }
        return new Judged(scores.MinBy(of => of.Mean), figures);
    }

    // Where trials end: the first two numbers of what is seen before the last step.
    static (Estimate X, Estimate Y) Ends(Agent agent, TaskDistribution task, EvaluationOptions options)
    {
        int N = options.Instances, W = task.Observation.Width;
        double[] x = new double[N], y = new double[N];
        using var game = new Game(task, agent, N);
        game.Begin(options.Seed, Evaluator.FirstTrial);
        while (game.Decide())
        {
            for (int lane = 0; lane < N; lane++)
            {
                if ((game.Endings[lane] & Endings.TrialEnded) == 0)
                    (x[lane], y[lane]) = (game.Observations[lane * W], game.Observations[lane * W + 1]);
            }
            game.Step();
        }
        return (Estimate.Of(x), Estimate.Of(y));
    }

    /// <summary>Four rooms: the score is the plateau of masters on the goal, as a share of the best possible.</summary>
    public static Judged UnseenGoal(TableRow row, Contestant who)
    {
        var task = (FourRooms)who.Task;
        double best = task.BestReturn(task.Options.Goal);
        Estimate[] curve = [.. Learn(who, task, Apprentices, Iterations)
            .Select(of => new Estimate(of.Mean / best, of.StandardError / best))];
        if (curve.Length == 1)
            return new Judged(curve[0]);
        Estimate[] late = curve[(Iterations / 2)..];
        double plateau = late.Average(of => of.Mean);
        int within = 1 + Array.FindIndex(curve, of => of.Mean >= 0.9 * plateau);
        return new Judged(new Estimate(plateau, late.Average(of => of.StandardError)),
            new Dictionary<string, Estimate>(StringComparer.Ordinal)
            {
                ["iterations to 90 %"] = new(within, 0),
                ["first iteration"] = curve[0],
                ["tenth"] = curve[9],
                ["twentieth"] = curve[19],
            });
    }

    // The mean return in each iteration of fresh masters, each with plays and a seed of its own. The last plays come
    // after one update less. One number for who does not learn any more.
    static Estimate[] Learn(Contestant who, TaskDistribution task, int masters, int iterations)
    {
        if (who.Learned is not Mlsh skills)
            return [Evaluator.Run(task, [who.Agent], who.Options).Agents[0].Score];
        using var workers = new Workers(who.Options.Threads);
        using var transfer = (Mlsh)AlgorithmCatalogue.Find(Mlsh.Called).Create(task,
            [.. who.Settings, new Assignment("joint", "0"), new Assignment("groups", $"{masters}")], 1, workers);
        transfer.Parameters.CopyFrom(skills.Parameters);
        return [.. Enumerable.Range(0, iterations).Select(i =>
        {
            transfer.Iterate((double)i / iterations);
            return Estimate.Of([.. transfer.Groups.Select(group => group.MeanReturn)]);
        })];
    }
}
