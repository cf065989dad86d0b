using RLSquared.Agents;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Policies;

/// <summary>
/// K skills, each a feed-forward policy with a value, and a master that says every N steps which of them acts:
/// <code>
///   observation ─► master ─► k, for N steps
///   observation ─► skill k ─► logits [A], means [C]
/// </code>
/// The skills are one set of parameters, <c>skill0.…</c> to <c>skillK−1.…</c>. They share the moments that observations
/// are normalised by, with each other and with every master, and the deviations of the numbers that are drawn. A master
/// is a set of its own, since each task has one.
/// <para>A master chooses at the first step of an episode, and again after N steps; an episode that ends ends its slice
/// too. Skills that may hand over decide at each further step of a slice, each by a policy of its own, whether it goes
/// on (option 0) or the master chooses anew (option 1).</para>
/// </summary>
sealed class SkillPolicy : Policy
{
    readonly MlpPolicyOptions network;
    readonly MlpPolicy[] skills, ends;
    readonly InputNormaliser? normaliser;

    /// <summary>Skills at their first weights, without a master.</summary>
    /// <param name="spaces">What goes in and what comes out.</param>
    /// <param name="network">The shape of each skill, and of a master.</param>
    /// <param name="count">Skills, K.</param>
    /// <param name="interval">Steps of a slice, N.</param>
    /// <param name="parameters">Receives the skills' parameters; owned from now on.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="handsOver">Whether a skill may end its slice before N steps.</param>
    /// <exception cref="OptionException">The task shows images.</exception>
    public SkillPolicy(TaskSpaces spaces, MlpPolicyOptions network, int count, int interval, ParameterSet parameters,
        ulong seed, bool handsOver = false)
        : base(spaces, MlpPolicy.RowOf(spaces, network), parameters)
    {
        this.network = network with { Normalise = false };
        Interval = interval;
        normaliser = network.Normalise && Observation.Kind == ObservationKind.Vector
            ? new InputNormaliser(parameters, Row) : null;
        AddLogDeviations(network.Deviation);
        skills = [.. Enumerable.Range(0, count).Select(k => new MlpPolicy(
            spaces, this.network, parameters, seed, $"{GroupOf(k)}.", hasDeviations: false))];
        ends = handsOver ? [.. Enumerable.Range(0, count).Select(EndOf)] : [];

        MlpPolicy EndOf(int k)
        {
            string name = $"{GroupOf(k)}.end.";
            var end = new MlpPolicy(spaces with { Action = 2, Masks = false, PrivilegedWidth = 0 },
                this.network with { Shared = true }, parameters, seed, name);
            // At first about one slice in four is cut short.
            parameters.All.First(one => one.Name == $"{name}policy.head.bias").Value.CopyFrom(
                [0, -MathF.Log(4 * interval)]);
            return end;
        }
    }

    /// <summary>Skills, K.</summary>
    public int Count => skills.Length;

    /// <summary>The skills.</summary>
    public IReadOnlyList<MlpPolicy> Skills => skills;

    /// <summary>Steps of a slice, N.</summary>
    public int Interval { get; }

    /// <summary>Who decides whether each skill goes on; none where slices have N steps.</summary>
    public IReadOnlyList<MlpPolicy> Ends => ends;

    /// <summary>Who chooses where a memory has been given no other master; null for none.</summary>
    public MlpPolicy? Master { get; set; }

    /// <inheritdoc/>
    internal override InputNormaliser? Normaliser => normaliser;

    /// <summary>The name of the group of a skill's parameters.</summary>
    public static string GroupOf(int skill) => $"skill{skill}";

    /// <summary>A master at its first weights: almost indifferent.</summary>
    /// <param name="seed">Of the weights.</param>
    /// <param name="name">What the names of its parameters begin with.</param>
    /// <param name="parameters">Receives its parameters; null for a new set.</param>
    public MlpPolicy CreateMaster(ulong seed, string name, ParameterSet? parameters = null) =>
        new(Spaces with { Action = Count, Masks = false, PrivilegedWidth = 0 }, network,
            parameters ?? new ParameterSet(), seed, $"{name}.");

    /// <inheritdoc/>
    public override PolicyMemory CreateMemory(int lanes, int trialLength) => new SkillMemory(this, lanes, trialLength);

    /// <summary>What one skill does at M steps, and what it takes them to be worth, [M, 1].</summary>
    /// <param name="skill">Which.</param>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="input">What was observed.</param>
    public (PolicyDistribution Policy, Tensor Values) Forward(int skill, Tape tape, in PolicyInput input) =>
        (Distribution(skill, tape, in input), Values(skill, tape, in input));

    /// <summary>What one skill does at M steps.</summary>
    /// <inheritdoc cref="Forward(int, Tape, in PolicyInput)"/>
    public PolicyDistribution Distribution(int skill, Tape tape, in PolicyInput input) =>
        DistributionOf(tape, Outputs(skill, tape, input.Rows), in input);

    /// <summary>What one skill takes M steps to be worth, [M, 1].</summary>
    /// <inheritdoc cref="Forward(int, Tape, in PolicyInput)"/>
    public Tensor Values(int skill, Tape tape, in PolicyInput input) =>
        ValuesOf(skills[skill], tape, in input);

    /// <summary>What a master does at M steps, and what it takes them to be worth, [M, 1].</summary>
    public (PolicyDistribution Policy, Tensor Values) Forward(MlpPolicy master, Tape tape, in PolicyInput input) =>
        (Choice(master, tape, input.Rows), ValuesOf(master, tape, in input));

    /// <summary>What a master, or a skill, takes M steps to be worth, [M, 1].</summary>
    public Tensor ValuesOf(MlpPolicy policy, Tape tape, in PolicyInput input)
    {
        SequenceInput rows = Read(tape, input.Rows);
        return policy.Values(tape, new PolicyInput { Rows = rows }).Reshape(new Shape(rows.T * rows.B, 1));
    }

    /// <summary>Which skill a master would let act at M steps.</summary>
    public PolicyDistribution Choice(MlpPolicy master, Tape tape, in SequenceInput rows) =>
        new(master.Action, master.Outputs(tape, Read(tape, in rows)), default);

    /// <summary>Whether a skill would go on (0) or hand over (1) at M steps.</summary>
    public PolicyDistribution Decision(int skill, Tape tape, in SequenceInput rows) =>
        Choice(ends[skill], tape, in rows);

    /// <summary>A skill's A logits and C means, [M, A + C].</summary>
    public Tensor Outputs(int skill, Tape tape, in SequenceInput rows) =>
        skills[skill].Outputs(tape, Read(tape, in rows));

    SequenceInput Read(Tape tape, in SequenceInput rows) => normaliser?.Apply(tape, in rows) ?? rows;

    /// <inheritdoc/>
    public override (PolicyDistribution Policy, Tensor Values) Forward(Tape tape, in PolicyInput input) =>
        throw Unnamed();

    /// <inheritdoc/>
    public override PolicyDistribution Distribution(Tape tape, in PolicyInput input) => throw Unnamed();

    /// <inheritdoc/>
    public override Tensor Values(Tape tape, in PolicyInput input) => throw Unnamed();

    static NotSupportedException Unnamed() => new("skills are learned one by one; name the skill that was in charge");
}

/// <summary>Which skill is in charge in each of N lanes, and for how many steps.</summary>
sealed class SkillMemory : PolicyMemory
{
    const uint Draw = 1 << 20;                            // the index of a master's draws, beyond those of actions

    readonly SkillPolicy policy;
    readonly int trialLength;
    readonly MlpPolicy?[] masters;                                                          // [N]
    readonly int[] inCharge, left, ones, picked;                                            // [N] but ones [N, groups]
    readonly bool[] chose;                                                                  // [N]
    readonly float[] logProbabilities, numbers, outputs;                                    // [N], [N, D], [N, A + C]
    readonly float[] some, chances;                                                         // scratch; [K]
    readonly int[] decides;                                                                 // [N]
    readonly bool[] handedOver;                                                             // [N]
    readonly float[] endings;                                                               // [N]
    readonly int[] someOnes;
    readonly Tape tape = new(new Arena()) { Recording = false };

    public SkillMemory(SkillPolicy policy, int lanes, int trialLength)
    {
        (this.policy, this.trialLength) = (policy, trialLength);
        int width = policy.Action.Size + policy.Action.Numbers;
        masters = new MlpPolicy?[lanes];
        (inCharge, left, picked, chose) = (new int[lanes], new int[lanes], new int[lanes], new bool[lanes]);
        (ones, someOnes) = (new int[lanes * policy.Row.Groups], new int[lanes * policy.Row.Groups]);
        (logProbabilities, numbers) = (new float[lanes], new float[lanes * policy.Row.DenseWidth]);
        outputs = new float[lanes * width];
        some = new float[lanes * Math.Max(width, policy.Count)];
        chances = new float[policy.Count];
        (decides, handedOver, endings) = (new int[lanes], new bool[lanes], new float[lanes]);
        SetMaster(policy.Master);
    }

    /// <summary>The share of choices that are uniform instead of the master's, ε.</summary>
    public float Exploration { get; set; }

    /// <summary>The skill that is always in charge; null where a master chooses.</summary>
    public int? Always { get; set; }

    /// <summary>The skill in charge, [N].</summary>
    public ReadOnlySpan<int> InCharge => inCharge;

    /// <summary>Whether the last step is the first of a slice, [N].</summary>
    public ReadOnlySpan<bool> Chose => chose;

    /// <summary>log θ(k) of what the master chose last, [N].</summary>
    public ReadOnlySpan<float> LogProbabilities => logProbabilities;

    /// <summary>The skill that decided at the last step whether it goes on, [N]; −1 where none did.</summary>
    public ReadOnlySpan<int> Decides => decides;

    /// <summary>Whether it handed over, [N].</summary>
    public ReadOnlySpan<bool> HandedOver => handedOver;

    /// <summary>The logarithm of the chance of that decision, [N].</summary>
    public ReadOnlySpan<float> DecisionLogProbabilities => endings;

    /// <summary>Gives one lane a master.</summary>
    public void SetMaster(int lane, MlpPolicy? master) => masters[lane] = master;

    /// <summary>Gives all lanes a master.</summary>
    public void SetMaster(MlpPolicy? master) => Array.Fill(masters, master);

    /// <inheritdoc/>
    public override void Begin(Tape weights) => Array.Clear(left);

    /// <inheritdoc/>
    public override void Forget(int lane) => left[lane] = 0;

    /// <inheritdoc/>
    internal override void Observe(in Percept percept, in LaneKeys key, bool greedy)
    {
        int G = policy.Row.Groups, D = policy.Row.DenseWidth, N = masters.Length;
        for (int lane = 0; lane < N; lane++)
        {
            policy.Row.EncodeLane(in percept, lane, key.Steps[lane], trialLength, rewardScale: null,
                ones.AsSpan(lane * G, G), numbers.AsSpan(lane * D, D));
            Endings before = percept.PreviousEndings[lane];
            bool isOver = (before & Endings.TrialEnded) != 0;
            chose[lane] = !isOver && (left[lane] == 0 || (before & Endings.EpisodeEnded) != 0);
            decides[lane] = policy.Ends.Count > 0 && Always is null && !isOver && !chose[lane] ? inCharge[lane] : -1;
            left[lane] = (chose[lane] ? policy.Interval : Math.Max(1, left[lane])) - 1;
        }
        for (int k = 0; k < policy.Ends.Count; k++)
            Decide(k, in key, greedy);
        // Neighbours with the same master are one batch.
        for (int first = 0, end; first < N; first = end)
        {
            int count = 0;
            for (end = first; end < N && masters[end] == masters[first]; end++)
            {
                if (chose[end])
                    picked[count++] = end;
            }
            if (count > 0)
                Choose(masters[first], picked.AsSpan(0, count), in key, greedy);
        }
    }

    // Where skill k may hand over, whether it does.
    void Decide(int k, in LaneKeys key, bool greedy)
    {
        int count = 0;
        for (int lane = 0; lane < decides.Length; lane++)
        {
            if (decides[lane] == k)
                picked[count++] = lane;
        }
        if (count == 0)
            return;
        ReadOnlySpan<int> lanes = picked.AsSpan(0, count);
        tape.Reset();
        ReadOnlySpan<float> logs = policy.Decision(k, tape, Rows(tape, lanes)).LogProbs.Span;           // [n, 2]
        for (int i = 0; i < count; i++)
        {
            int lane = lanes[i];
            (uint x0, _, _, _) =
                new RandomKey(key.Seed, RandomPurpose.Agent, key.Trials[lane]).Words(key.Steps[lane], Draw + 1);
            bool ends = greedy ? logs[2 * i + 1] > logs[2 * i] : Unit(x0) < MathF.Exp(logs[2 * i + 1]);
            (handedOver[lane], endings[lane]) = (ends, logs[2 * i + (ends ? 1 : 0)]);
            if (ends)
                (chose[lane], left[lane]) = (true, policy.Interval - 1);
        }
    }

    void Choose(MlpPolicy? master, ReadOnlySpan<int> lanes, in LaneKeys key, bool greedy)
    {
        int K = policy.Count;
        Span<float> logs = some.AsSpan(0, lanes.Length * K);
        if (Always is null && master is not null)
        {
            tape.Reset();
            policy.Choice(master, tape, Rows(tape, lanes)).LogProbs.CopyTo(logs);
        }
        else
        {
            logs.Fill(-MathF.Log(K));
        }
        for (int i = 0; i < lanes.Length; i++)
        {
            int lane = lanes[i];
            ReadOnlySpan<float> log = logs.Slice(i * K, K);
            TensorPrimitives.Exp(log, chances);
            (uint x0, uint x1, uint x2, _) =
                new RandomKey(key.Seed, RandomPurpose.Agent, key.Trials[lane]).Words(key.Steps[lane], Draw);
            int choice = Always ?? (greedy ? TensorPrimitives.IndexOfMax(log)
                : Unit(x1) < Exploration ? (int)(Unit(x2) * K)
                : Distributions.Sample(chances, Unit(x0)));
            (inCharge[lane], logProbabilities[lane]) = (choice, log[choice]);
        }
    }

    static float Unit(uint word) => (word >> 8) * (1f / (1 << 24));

    /// <inheritdoc/>
    public override Tensor Step(Tape tape, in SequenceInput rows)
    {
        int N = masters.Length, width = policy.Action.Size + policy.Action.Numbers;
        for (int k = 0; k < policy.Count; k++)
        {
            int count = 0;
            for (int lane = 0; lane < N; lane++)
            {
                if (inCharge[lane] == k)
                    picked[count++] = lane;
            }
            if (count == 0)
                continue;
            ReadOnlySpan<int> lanes = picked.AsSpan(0, count);
            Span<float> own = some.AsSpan(0, count * width);
            Tensor ofSkill = policy.Outputs(k, tape, Rows(tape, lanes));
            ofSkill.CopyTo(own);
            for (int i = 0; i < count; i++)
                own.Slice(i * width, width).CopyTo(outputs.AsSpan(lanes[i] * width));
        }
        return tape.Constant(new Shape(N, width), outputs);
    }

    // The input rows of some lanes.
    SequenceInput Rows(Tape tape, ReadOnlySpan<int> lanes)
    {
        int G = policy.Row.Groups, D = policy.Row.DenseWidth, M = lanes.Length;
        Tensor dense = D == 0 ? default : tape.Constant(tape.Arena.Allocate(new Shape(1, M, D)));
        for (int i = 0; i < M; i++)
        {
            ones.AsSpan(lanes[i] * G, G).CopyTo(someOnes.AsSpan(i * G));
            if (D > 0)
                numbers.AsSpan(lanes[i] * D, D).CopyTo(dense.Span[(i * D)..]);
        }
        return new SequenceInput(1, M, dense, tape.Arena.CopyIndices(someOnes.AsSpan(0, M * G)), G);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        tape.Arena.Dispose();
        base.Dispose(disposing);
    }
}
