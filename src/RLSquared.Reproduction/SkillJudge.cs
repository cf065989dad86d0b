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

    /// <summary>
    /// Movement bandits: the score is the return on the worse of the two goals, so that skills that know one goal alone
    /// come to nothing.
    /// </summary>
    public static Judged TwoGoals(TableRow row, Contestant who)
    {
        var figures = new Dictionary<string, Estimate>(StringComparer.Ordinal);
        var returns = new Estimate[2];
        for (int goal = 0; goal < 2; goal++)
        {
            var task = new MovementBandits(new() { Goal = goal });
            Estimate[] curve = Learn(who, task, Masters, Updates + 1);
            figures[$"goal {goal}"] = returns[goal] = curve[^1];
            if (curve.Length > 1)
                figures[$"goal {goal}, before the first update"] = curve[0];
            if (who.Learned is not Mlsh { Parts: { Count: > 0 } skills })
                continue;
            AgentScore[] alone = [.. Evaluator.Run(task, skills, who.Options).Agents];
            for (int skill = 0; skill < alone.Length; skill++)
                figures[$"goal {goal}, skill {skill} alone"] = alone[skill].Score;
        }
        return new Judged(returns.MinBy(of => of.Mean), figures);
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
