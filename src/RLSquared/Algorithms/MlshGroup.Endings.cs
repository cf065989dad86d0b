using System.Runtime.InteropServices;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Algorithms;

/// <summary>
/// Learned terminations, beyond the paper: at each step of a slice but the first, the skill in charge decides whether
/// it goes on or the master chooses anew. That is an action as any other, as in double actor-critic (Zhang and Whiteson
/// 2019), so it learns as masters and skills do: by the clipped objective, with a value of its own. What counts is the
/// return R that followed, by whichever skill, less a cost ξ of handing over (Harb et al. 2018):
/// <code>
///   A_t = R_t − ξ·[handed over at t] − V_end(s_t)
/// </code>
/// </summary>
sealed partial class MlshGroup
{
    readonly Rollout? decisions;                                // row by row as the steps; null where slices have N
    readonly List<int>[] decisionsOf;                           // of each skill

    /// <summary>Decisions to go on (0) or to hand over (1), [T · L]; null where there are none.</summary>
    public Rollout? Decisions => decisions;

    /// <summary>The slices of what was played last.</summary>
    public int SliceCount => slices.ActiveRows(order);

    (Rollout?, List<int>[]) CreateDecisions() => !options.Terminations ? (null, [])
        : (new Rollout(1, Steps.N, policy.Ends[0].Spaces with { Observation = ObservationSpace.Vector(1) }),
            [.. rowsOf.Select(_ => new List<int>())]);

    void NoteDecisions(int row)
    {
        if (decisions is null)
            return;
        if (row == 0)
            Array.Clear(decisions.Active);
        for (int n = 0; n < options.Plays; n++)
        {
            decisions.Active[row + n] = memory.Decides[n] < 0 ? 0 : 1;
            decisions.Actions[row + n] = memory.HandedOver[n] ? 1 : 0;
            decisions.LogProbabilities[row + n] = memory.DecisionLogProbabilities[n];
        }
    }

    // After the steps have been judged, whose returns these are.
    void JudgeDecisions()
    {
        if (decisions is null)
            return;
        foreach (List<int> rows in decisionsOf)
            rows.Clear();
        for (int i = options.Plays; i < Skills.Length; i++)
        {
            if (decisions.Active[i] != 0)
                decisionsOf[Skills[i - options.Plays]].Add(i);          // who was in charge until now
        }
        for (int k = 0; k < decisionsOf.Length; k++)
        {
            MlpPolicy end = policy.Ends[k];
            Estimate(Steps, CollectionsMarshal.AsSpan(decisionsOf[k]), input => policy.ValuesOf(end, Tape, in input),
                decisions.Values);
        }
        Array.Clear(decisions.Advantages);
        foreach (int i in decisionsOf.SelectMany(rows => rows))
        {
            decisions.Returns[i] = Steps.Returns[i] - options.TerminationCost * decisions.Actions[i];
            decisions.Advantages[i] = decisions.Returns[i] - decisions.Values[i];
        }
        Advantages.Standardise(decisions.Advantages, decisions.Active, Advantages.Negligible);
    }

    /// <summary>
    /// The loss of the decisions in a minibatch, recorded: the sum over skills, each divided by the number of groups
    /// that learn together. The default where there are none.
    /// </summary>
    public Tensor DecisionLoss(int minibatch, int groups)
    {
        Tensor loss = default;
        for (int k = 0; k < decisionsOf.Length; k++)
        {
            ReadOnlySpan<int> rows = Minibatches.Share(
                CollectionsMarshal.AsSpan(decisionsOf[k]), minibatch, options.Minibatches);
            if (rows.IsEmpty)
                continue;
            PolicyInput input = new TrialBatch(Steps, rows, Tape).Input(policy);
            var batch = new TrialBatch(decisions!, rows, Tape);
            (Tensor own, _) = MlshLosses.Of(policy.Decision(k, Tape, input.Rows),
                policy.ValuesOf(policy.Ends[k], Tape, in input), in batch, decisions!,
                1f / (rows.Length * groups), options, options.Entropy);
            loss = loss.Exists ? loss + own : own;
        }
        return loss;
    }
}
