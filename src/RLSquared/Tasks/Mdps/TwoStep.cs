using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="TwoStep"/>.</summary>
public sealed record TwoStepOptions
{
    /// <summary>
    /// The rounds of a trial, two steps each; from 1 to 1,000,000. Fifty make a trial of a hundred steps.
    /// </summary>
    public int Rounds { get; init => field = Require.Within("rounds", value, 1, 1_000_000); } = 50;

    /// <summary>
    /// The chance that a choice leads to its own state and not to the other; 0.5 to 1. At 0.5 choices are without
    /// effect; at 1 there are no rare transitions that could tell how an agent learns. The paper has 0.75.
    /// </summary>
    public double Common { get; init => field = Require.Within("common", value, 0.5, 1); } = 0.75;

    /// <summary>
    /// The chance with which the better state pays; the other pays with 1 less that. 0.5 to 1; the paper has 0.9.
    /// </summary>
    public double Pays { get; init => field = Require.Within("pays", value, 0.5, 1); } = 0.9;

    /// <summary>
    /// The chance from round to round that the better state becomes the worse one; 0 to 1. The note that this task is
    /// after has 0; at 0.02 an agent must go on learning for the whole trial.
    /// </summary>
    public double Reversal { get; init => field = Require.Within("reversal", value, 0, 1); }

    /// <summary>The options by name.</summary>
    public static OptionTable<TwoStepOptions> Table { get; } =
        new OptionTable<TwoStepOptions>("the task two-step", new())
            .Integer("rounds", "rounds of a trial, two steps each",
                options => options.Rounds, (options, value) => options with { Rounds = value },
                low: "most of it is finding out", high: "longer to learn from")
            .Number("common", "chance that a choice leads to its own state",
                options => options.Common, (options, value) => options with { Common = value },
                low: "0.5: choices are without effect", high: "1: no rare transitions")
            .Number("pays", "chance with which the better state pays",
                options => options.Pays, (options, value) => options with { Pays = value },
                low: "0.5: both states are alike", high: "one visit tells")
            .Number("reversal", "chance per round that the better state becomes the worse one",
                options => options.Reversal, (options, value) => options with { Reversal = value },
                low: "found out once and for all", high: "nothing learned lasts");
}

/// <summary>
/// The two-step task (Daw et al. 2011, as in Wang et al. 2016, §3.2.1): at the first stage a choice of two leads, with
/// probability 0.75, to the state of its own number and else to the other one; there any action ends the round, and the
/// state pays 1 with probability 0.9 if it is the better one and 0.1 if not. Which one is better is drawn for each
/// trial.
/// <para>
/// It tells how an agent learns. After a reward that followed a rare transition, a learner that merely repeats what was
/// rewarded (model-free) chooses the same again; one that knows how choices lead to states (model-based) changes to the
/// other choice, which leads to the state that paid. <see cref="Evaluation.StayProbabilities"/> measures it.
/// </para>
/// <para>Observations: 0 at the first stage, 1 or 2 in the second. A round is an episode of two steps. Whether round
/// j's transition is common, and whether its better and its worse state would pay, are the same for every agent.</para>
/// </summary>
public sealed class TwoStep(TwoStepOptions options) : TaskDistribution
{
    /// <summary>The default: fifty rounds of the paper's chances.</summary>
    public TwoStep() : this(new TwoStepOptions()) { }

    /// <summary>Rounds and chances.</summary>
    public TwoStepOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "two-step";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => TwoStepOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ObservationSpace Observation => ObservationSpace.Discrete(3);

    /// <inheritdoc/>
    public override ActionSpace Action => 2;

    /// <inheritdoc/>
    public override int TrialLength => 2 * Options.Rounds;

    /// <summary>Each round is an episode.</summary>
    public override int Episodes => Options.Rounds;

    /// <summary>
    /// What someone who always knows the better state earns on average: c·p + (1 − c)·(1 − p) a round, 0.7 by default.
    /// </summary>
    public double KnownValue =>
        Options.Rounds * (Options.Common * Options.Pays + (1 - Options.Common) * (1 - Options.Pays));

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling =>
        TaskCeiling.Computed("better state known, out of reach", () => KnownValue);

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new TwoStepLanes(this, count);

    sealed class TwoStepLanes : Lanes
    {
        readonly TwoStepOptions options;
        readonly int length;
        readonly int[] better;          // [N]: the state that pays more, 1 or 2
        readonly int[] state;           // [N]: 0 at the first stage, else the second stage's state
        readonly float[] regrets;       // [N]
        ulong seed, firstTrial;
        int step;

        public TwoStepLanes(TwoStep task, int count)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
            (options, length, Count) = (task.Options, task.TrialLength, count);
            better = new int[count];
            state = new int[count];
            regrets = new float[count];
            step = length;              // nothing can be done before Begin
        }

        public override int Count { get; }

        public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
        {
            (this.seed, this.firstTrial, step) = (seed, firstTrial, 0);
            for (int lane = 0; lane < Count; lane++)
                better[lane] = Key(RandomPurpose.Task, lane).Uniform(step: 0) < 0.5f ? 1 : 2;
            Array.Clear(state);
            observations[..Count].Clear();
        }

        public override void Step(
            ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
        {
            if (step == length)
                throw new InvalidOperationException(
                    $"a trial has {options.Rounds} rounds and all are done; begin the next trial");
            for (int lane = 0; lane < Count; lane++)
            {
                if ((uint)actions[lane] > 1)
                    ThrowNoSuchAction(actions[lane], lane);
                float u = Key(RandomPurpose.Environment, lane).Uniform((uint)step);
                if (state[lane] == 0)
                    (state[lane], rewards[lane]) = (Choose(lane, actions[lane], isCommon: u < options.Common), 0);
                else
                    (state[lane], rewards[lane]) = (0, Visit(lane, u));
                observations[lane] = state[lane];
            }
            step++;
            Endings ending = step % 2 == 1 ? Endings.None
                : step < length ? Endings.Terminated : Endings.Terminated | Endings.TrialEnded;
            endings[..Count].Fill(ending);
        }

        public override bool KnowsRegrets => true;

        public override void Regrets(Span<float> regrets) => this.regrets.CopyTo(regrets);

        // The state to which a choice leads. The wrong choice costs (2c − 1)·(2p − 1), the difference in the chance of
        // the better state times what that state pays more.
        int Choose(int lane, int action, bool isCommon)
        {
            int own = action + 1;
            regrets[lane] = own == better[lane] ? 0 : (float)((2 * options.Common - 1) * (2 * options.Pays - 1));
            return isCommon ? own : 3 - own;
        }

        // What the state pays; then the better one may become the worse one.
        float Visit(int lane, float u)
        {
            regrets[lane] = 0;
            float reward = u < (state[lane] == better[lane] ? options.Pays : 1 - options.Pays) ? 1 : 0;
            if (options.Reversal > 0 && Key(RandomPurpose.Task, lane).Uniform((uint)step) < options.Reversal)
                better[lane] = 3 - better[lane];
            return reward;
        }

        RandomKey Key(uint purpose, int lane) => new(seed, purpose, firstTrial + (ulong)lane);

        static void ThrowNoSuchAction(int action, int lane) => throw new ArgumentOutOfRangeException(
            nameof(action), action, $"lane {lane} takes action {action}, but the actions are 0 and 1");
    }
}
