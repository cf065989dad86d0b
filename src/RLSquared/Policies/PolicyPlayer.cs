using RLSquared.Agents;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Policies;

/// <summary>A policy that plays N trials in lock-step.</summary>
public sealed class PolicyPlayer : Player, IDisposable
{
    readonly Policy policy;
    readonly bool greedy;
    readonly int lanes, trialLength;
    readonly PolicyMemory memory;
    readonly Arena rowArena;                          // of the mirrors
    readonly IndexMirror indices, taken;              // [N, groups]: the positions of the ones; [K, N]: options
    readonly Mirror dense, forbidden;                 // [1, N, D]: the plain numbers; [N, A]: added to the logits
    readonly Tape weightTape, stepTape;
    WeightSnapshot? weights;                          // as they were at Begin
    readonly ulong[] trials;                          // [N]
    readonly uint[] steps;                            // [N]
    readonly float[] probabilities, oneChoice;        // [N, A]; [N, size] of one of several choices
    readonly float[] means, draws, logDeviations;     // [N, C], [N, C], [C]
    readonly float[] logProbabilities, features;      // [N]; [M, F] of images
    readonly byte[] images, seen;                     // [N, size]; [M, size] of those whose trial goes on
    ulong seed;
    float? rewardScale;                               // as it was at Begin

    /// <summary>Room for <paramref name="lanes"/> trials.</summary>
    /// <param name="policy">The policy; changed weights are seen from the next <see cref="Begin"/> on.</param>
    /// <param name="lanes">N.</param>
    /// <param name="greedy">Whether the likeliest action is taken instead of a sampled one.</param>
    /// <param name="trialLength">
    /// The most steps of the trials that are played, if not as in training: what a time to go is a share of.
    /// </param>
    public PolicyPlayer(Policy policy, int lanes, bool greedy = false, int? trialLength = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        (this.policy, this.lanes, this.greedy) = (policy, lanes, greedy);
        this.trialLength = trialLength ?? policy.TrialLength;
        memory = policy.CreateMemory(lanes, this.trialLength);
        Device device = policy.Parameters.Device;
        weightTape = new Tape(new Arena(device)) { Recording = false };
        stepTape = new Tape(new Arena(device)) { Recording = false };
        rowArena = new Arena(device);
        (int A, int C) = (policy.Action.Size, policy.Action.Numbers);
        indices = new IndexMirror(rowArena, checked(lanes * policy.Row.Groups));
        dense = new Mirror(rowArena, new Shape(1, lanes, policy.Row.DenseWidth));
        forbidden = new Mirror(rowArena, new Shape(lanes, A));
        trials = new ulong[lanes];
        steps = new uint[lanes];
        taken = new IndexMirror(rowArena, lanes * Math.Max(1, policy.Action.Choices));
        probabilities = new float[lanes * A];
        oneChoice = new float[policy.Action.Choices > 1 ? lanes * A : 0];
        (means, draws) = (new float[lanes * C], new float[lanes * C]);
        logDeviations = new float[C];
        logProbabilities = new float[lanes];
        features = new float[lanes * policy.Row.Features];
        int size = policy.Row.Features > 0 ? policy.Observation.Size : 0;
        (images, seen) = (new byte[checked(lanes * size)], new byte[lanes * size]);
    }

    /// <summary>The probabilities with which the last actions were chosen, [N, A].</summary>
    public ReadOnlySpan<float> ActionProbabilities => probabilities;

    /// <summary>
    /// The numbers of the last actions as they were drawn, [N, C], of which the task sees what lies between −1 and 1.
    /// </summary>
    internal ReadOnlySpan<float> Draws => draws;

    /// <summary>What it remembers.</summary>
    internal PolicyMemory Memory => memory;

    /// <inheritdoc/>
    internal override int? SkillInCharge(int lane) => (memory as SkillMemory)?.InCharge[lane];

    /// <summary>Whether <see cref="LogProbabilities"/> are kept, which costs a little time.</summary>
    internal bool KeepsLogProbabilities { get; set; }

    /// <summary>log π of the last actions, [N].</summary>
    internal ReadOnlySpan<float> LogProbabilities => logProbabilities;

    /// <summary>The positions of the ones in the last input rows, [N, groups].</summary>
    internal ReadOnlySpan<int> InputIndices => indices.Host;

    /// <summary>The plain numbers of the last input rows, [N, D].</summary>
    internal ReadOnlySpan<float> InputNumbers => dense.Host;

    /// <summary>
    /// The image that a lane saw last, [size], or nothing; stale where its trial is over.
    /// </summary>
    internal ReadOnlySpan<byte> ImageOf(int lane) =>
        images.AsSpan(lane * (images.Length / lanes), images.Length / lanes);

    /// <summary>The features of that image, [F].</summary>
    internal ReadOnlySpan<float> FeaturesOf(int lane) =>
        dense.Host.Slice(lane * policy.Row.DenseWidth, policy.Row.Features);

    /// <inheritdoc/>
    public override void Begin(ulong seed, ulong firstTrial)
    {
        this.seed = seed;
        for (int lane = 0; lane < trials.Length; lane++)
            trials[lane] = firstTrial + (ulong)lane;
        WeightSnapshot? before = weights;
        weightTape.Weights = stepTape.Weights = weights = policy.Parameters.Snapshot();
        before?.Dispose();
        weightTape.Reset();
        memory.Begin(weightTape);
        rewardScale = policy.RewardScaleOn(weightTape);
        if (logDeviations.Length > 0)
            policy.LogDeviations(weightTape).CopyTo(logDeviations);
        dense.Host.Clear();
    }

    /// <summary>Begins a trial in one lane alone, with the weights as they were when all lanes began.</summary>
    internal void BeginLane(int lane, ulong trial)
    {
        trials[lane] = trial;
        memory.Forget(lane);
    }

    /// <inheritdoc/>
    public override void Act(in Percept percept, ActionSpan actions)
    {
        if (percept.LaneSteps.IsEmpty)
            Array.Fill(steps, (uint)percept.Step);
        else
            percept.LaneSteps.CopyTo(steps);
        policy.Row.Encode(percept, steps, trialLength, rewardScale, indices.Host, dense.Host);
        if (features.Length > 0)
            See(percept);
        indices.Upload();
        dense.Upload();
        memory.Observe(percept, new LaneKeys(seed, trials, steps), greedy);
        stepTape.Reset();
        var rows = new SequenceInput(1, lanes, stepTape.Constant(dense.Device), indices.Device, policy.Row.Groups);
        Tensor outputs = memory.Step(stepTape, in rows);                                       // [N, A + C]
        Tensor added = Forbidden(percept);
        for (int k = 0; k < policy.Action.Choices; k++)
            Choose(k, outputs, added, actions.Choices);
        if (policy.Action.Numbers > 0)
            Draw(outputs, actions.Numbers);
        if (KeepsLogProbabilities)
            Score(outputs, added, actions.Choices);
    }

    // What is added to the logits, [N, A]; the default where all options are allowed.
    Tensor Forbidden(in Percept percept)
    {
        if (percept.Allowed.IsEmpty)
            return default;
        ActionMasks.Write(percept.Allowed, forbidden.Host);
        forbidden.Upload();
        return stepTape.Constant(forbidden.Device);
    }

    // Choice k in every lane.
    void Choose(int k, Tensor outputs, Tensor added, Span<int> choices)
    {
        int K = policy.Action.Choices, A = policy.Action.Size;
        (int start, int size) = (policy.Action.StartOf(k), policy.Action.SizeOf(k));
        Tensor logits = outputs.SliceColumns(start, size);
        if (added.Exists)
            logits += added.SliceColumns(start, size);
        Span<float> ofChoice = K == 1 ? probabilities : oneChoice.AsSpan(0, lanes * size);          // [N, size]
        logits.Softmax().CopyTo(ofChoice);
        for (int i = 0; i < lanes; i++)
        {
            ReadOnlySpan<float> p = ofChoice.Slice(i * size, size);
            if (K > 1)
                p.CopyTo(probabilities.AsSpan(i * A + start));
            choices[i * K + k] = ActionDraw.Option(p, k, new LaneKey(seed, trials[i], steps[i]), greedy);
        }
    }

    // The numbers in every lane.
    void Draw(Tensor outputs, Span<float> numbers)
    {
        int C = policy.Action.Numbers;
        outputs.SliceColumns(policy.Action.Size, C).CopyTo(means);
        for (int i = 0; i < lanes; i++)
        {
            ActionDraw.Numbers(means.AsSpan(i * C, C), logDeviations, new LaneKey(seed, trials[i], steps[i]), greedy,
                draws.AsSpan(i * C, C), numbers.Slice(i * C, C));
        }
    }

    // log π by the same distribution as in training, so that the ratio of both is exactly 1 before the first update.
    void Score(Tensor outputs, Tensor added, ReadOnlySpan<int> choices)
    {
        (ActionSpace space, int K) = (policy.Action, policy.Action.Choices);
        for (int k = 0; k < K; k++)
        {
            for (int i = 0; i < lanes; i++)
                taken.Host[k * lanes + i] = space.StartOf(k) + choices[i * K + k];
        }
        taken.Upload();
        Tensor numbers = space.Numbers == 0 ? default : stepTape.Constant(new Shape(lanes, space.Numbers), draws);
        new PolicyDistribution(space, outputs, policy.LogDeviations(stepTape), added)
            .LogProbability(new TakenActions(taken.Device, numbers)).CopyTo(logProbabilities);
    }

    // Looks at the images of those trials that are not over, and puts their features where they belong.
    void See(in Percept percept)
    {
        (int size, int F, int D, int M) = (policy.Observation.Size, policy.Row.Features, policy.Row.DenseWidth, 0);
        ObservationSpace space = policy.Observation;
        stepTape.Reset();
        foreach (Endings ending in percept.PreviousEndings)
            M += (ending & Endings.TrialEnded) == 0 ? 1 : 0;
        if (M == 0)
            return;
        for (int i = 0, m = 0; i < lanes; i++)
        {
            if ((percept.PreviousEndings[i] & Endings.TrialEnded) != 0)
                continue;
            Span<byte> image = images.AsSpan(i * size, size);
            Bytes.FromWhole(percept.Observations.Slice(i * size, size), image);
            image.CopyTo(seen.AsSpan(m * size));
            taken.Host[m++] = policy.Action.IsDiscrete ? percept.PreviousActions[i] : 0;
        }
        var pictures = Images.Allocate(stepTape.Arena, M, space.Height, space.Across, space.Channels);
        pictures.CopyFrom(seen.AsSpan(0, M * size));
        Indices previous = stepTape.Arena.CopyIndices(taken.Host[..M]);
        policy.See(stepTape, pictures, previous).CopyTo(features.AsSpan(0, M * F));
        for (int i = 0, m = 0; i < lanes; i++)
        {
            if ((percept.PreviousEndings[i] & Endings.TrialEnded) == 0)
                features.AsSpan(m++ * F, F).CopyTo(dense.Host[(i * D)..]);
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        memory.Dispose();
        weights?.Dispose();
        weights = null;
        weightTape.Arena.Dispose();
        stepTape.Arena.Dispose();
        rowArena.Dispose();
    }
}
