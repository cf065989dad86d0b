using RLSquared.Agents;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Opponents;

/// <summary>What every agent that learns <see cref="TabularMdps"/> remembers of N trials.</summary>
internal abstract class MdpPlayer : Player
{
    readonly MdpBelief[] beliefs;       // [N]
    readonly int[] states;              // [N]: where each lane acted last
    ulong seed, firstTrial;

    protected MdpPlayer(TabularMdps task, int lanes, double priorMean)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lanes, 1);
        Layout = new MdpLayout(task.States, task.Actions);
        T = task.Horizon;
        beliefs = new MdpBelief[lanes];
        for (int lane = 0; lane < lanes; lane++)
            beliefs[lane] = new MdpBelief(Layout, priorMean);
        states = new int[lanes];
    }

    /// <summary>How tables lie.</summary>
    protected MdpLayout Layout { get; }

    /// <summary>The steps of an episode.</summary>
    protected int T { get; }

    public sealed override void Begin(ulong seed, ulong firstTrial)
    {
        (this.seed, this.firstTrial) = (seed, firstTrial);
        foreach (MdpBelief belief in beliefs)
            belief.Begin();
    }

    public sealed override void Act(in Percept percept, ActionSpan actions)
    {
        for (int lane = 0; lane < beliefs.Length; lane++)
        {
            MdpBelief belief = beliefs[lane];
            int state = (int)percept.Observations[lane], action = percept.PreviousActions[lane];
            if (percept.Step > 0)
            {
                belief.SeeReward(states[lane], action, percept.PreviousRewards[lane]);
                // An episode's last step leads to the next one's start, which says nothing about transitions.
                if ((percept.PreviousEndings[lane] & Endings.EpisodeEnded) == 0)
                    belief.SeeTransition(states[lane], action, state);
            }
            states[lane] = state;
            var key = new RandomKey(seed, RandomPurpose.Agent, firstTrial + (ulong)lane);
            RandomSequence random = key.Sequence((uint)percept.Step);
            actions[lane] = Choose(lane, belief, state, percept.Step, ref random);
        }
    }

    /// <summary>The action to take.</summary>
    /// <param name="lane">Which trial.</param>
    /// <param name="belief">What is known of its process.</param>
    /// <param name="state">Where it is.</param>
    /// <param name="step">The steps done so far in this trial.</param>
    /// <param name="random">What the agent may draw at this step.</param>
    protected abstract int Choose(int lane, MdpBelief belief, int state, int step, ref RandomSequence random);

    /// <summary>
    /// The action with the highest Q in a table [A, W], one of equals at random. A plan holds for a whole episode, so
    /// taking the first of equals would try a single untried action however often it meets a state.
    /// </summary>
    protected int Best(ReadOnlySpan<float> qualities, int state, ref RandomSequence random)
    {
        int best = 0, equals = 1;
        float highest = qualities[state];
        for (int action = 1; action < Layout.Actions; action++)
        {
            float quality = qualities[Layout.Pair(state, action)];
            if (quality > highest)
                (best, highest, equals) = (action, quality, 1);
            else if (quality == highest && random.NextInt(++equals) == 0)
                best = action;
        }
        return best;
    }

    /// <summary>The task as tabular processes.</summary>
    /// <exception cref="NotSupportedException">It is something else.</exception>
    public static TabularMdps RequireMdps(Agent agent, TaskDistribution task) => task as TabularMdps
        ?? throw new NotSupportedException(
            $"the agent {agent.Name} plays mdps only, not the task {task.Name}");
}

/// <summary>
/// A player that plans when an episode begins and follows the plan to its end, as all opponents of the RL² paper do.
/// </summary>
internal abstract class EpisodePlanner : MdpPlayer
{
    readonly float[][] plans;           // [N] of [T, A, W]: Q by the steps that are left, less one

    protected EpisodePlanner(TabularMdps task, int lanes, double priorMean) : base(task, lanes, priorMean)
    {
        plans = new float[lanes][];
        for (int lane = 0; lane < lanes; lane++)
            plans[lane] = new float[T * Layout.Pairs];
        Value = new float[Layout.Width];
    }

    /// <summary>Scratch for V, [W].</summary>
    protected float[] Value { get; }

    /// <summary>Plans an episode.</summary>
    /// <param name="belief">What is known of the process.</param>
    /// <param name="episode">The episodes done so far in this trial.</param>
    /// <param name="random">What the agent may draw for this plan.</param>
    /// <param name="qualities">Receives Q by the steps that are left, less one, [T, A, W].</param>
    protected abstract void Plan(MdpBelief belief, int episode, ref RandomSequence random, Span<float> qualities);

    protected override int Choose(int lane, MdpBelief belief, int state, int step, ref RandomSequence random)
    {
        if (step % T == 0)
            Plan(belief, step / T, ref random, plans[lane]);
        int left = T - step % T;
        return Best(plans[lane].AsSpan((left - 1) * Layout.Pairs, Layout.Pairs), state, ref random);
    }

    /// <summary>Finite-horizon value iteration.</summary>
    /// <param name="transitions">P, [S', A, W].</param>
    /// <param name="rewards">r, [A, W].</param>
    /// <param name="qualities">Receives Q by the steps that are left, less one, [T, A, W].</param>
    protected void Iterate(ReadOnlySpan<float> transitions, ReadOnlySpan<float> rewards, Span<float> qualities)
    {
        Array.Clear(Value);
        for (int place = 0; place < qualities.Length; place += Layout.Pairs)
        {
            MdpBackup.Apply(
                Layout, transitions, rewards, Value, qualities.Slice(place, Layout.Pairs), Value);
        }
    }
}
