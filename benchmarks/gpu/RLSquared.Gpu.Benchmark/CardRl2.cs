using RLSquared.Gpu.Cuda;
using RLSquared.Policies;
using RLSquared.Tensors.Random;

namespace RLSquared.Gpu.Benchmark;

/// <summary>
/// RL² whose whole iteration stays on the card: trials are played, advantages found and the network is trained without
/// a number read by the host, but the report at the end. Plain launches, for measuring; the same recipe as the
/// library's <c>Rl2</c> with one recurrent layer each for policy and value.
/// </summary>
sealed class CardRl2 : IDisposable
{
    const int F = sizeof(float);

    readonly CardRl2Options options;
    readonly Accelerator accelerator;
    readonly GpuMath math;
    readonly List<nint> taken = [];
    readonly int[] order;
    readonly GruShape stepShape, learnShape;
    // What is played, [T, N]; the network's state while it plays, [N, H] twice; a minibatch, [T, B].
    readonly nint indices, dense, actions, logProbabilities, rewards, regrets, values, discounts, active;
    readonly nint advantages, returns, delta, factor, targets;
    readonly nint means, pulled, stepGates, logits;
    readonly nint[] states = new nint[2];                     // of policy and value, [2, N, H], by turns
    readonly nint lanes, ofIndices, ofDense, ofActions, ofLogProbabilities, ofAdvantages, ofTargets, ofActive;
    readonly nint gates, hidden, ofLogits, ofValues, slopes, dlogits, dvalues;
    readonly nint rows, carry, terms, losses, moments, first, second, norm, clip, total;
    RecordedWork? recorded;
    int updates, iteration;

    public CardRl2(GpuMath math, CardRl2Options options)
    {
        (this.math, this.options, accelerator) = (math, options, math.Accelerator);
        Network = CardWeights.Network(options);
        Weights = new CardWeights(accelerator, Network.Parameters);
        (int T, int N, int B, int H) = (options.Pulls, options.Trials, options.Minibatch, options.Hidden);
        (int A, int D, int I) = (options.Arms, options.Numbers, options.Inputs);
        if (N % B != 0)
            throw new ArgumentException($"{N} trials are no whole number of minibatches of {B}");
        // Both networks' units step at once: half the launches, and products that fill the card.
        long weightStride = (Weights["value.gru.bias"] - Weights["policy.gru.bias"]) / F;
        stepShape = new GruShape(T, N, H, I, 1, D, Relu: false)
        {
            Units = 2,
            WeightStride = weightStride,
            GateStride = 4L * N * H,
            StateStride = (long)N * H,
        };
        learnShape = new GruShape(T, B, H, I, 1, D, Relu: false)
        {
            Units = 2,
            WeightStride = weightStride,
            GateStride = 4L * T * B * H,
            StateStride = (long)T * B * H,
        };
        order = new int[N];
        long all = (long)T * N, part = (long)T * B;
        indices = Take(all);
        dense = Take(all * D);
        actions = Take(all);
        logProbabilities = Take(all);
        rewards = Take(all);
        regrets = Take(all);
        values = Take(all);
        advantages = Take(all);
        returns = Take(all);
        delta = Take(all);
        factor = Take(all);
        targets = Take(all);
        discounts = Take(all);
        active = Take(all);
        means = Take((long)N * A);
        pulled = Take((long)N * A);
        stepGates = Take(2L * N * 4 * H);
        logits = Take((long)N * A);
        for (int i = 0; i < 2; i++)
            states[i] = Take(2L * N * H);
        lanes = Take(N);
        ofIndices = Take(part);
        ofDense = Take(part * D);
        ofActions = Take(part);
        ofLogProbabilities = Take(part);
        ofAdvantages = Take(part);
        ofTargets = Take(part);
        ofActive = Take(part);
        gates = Take(2 * part * 4 * H);
        hidden = Take(2 * part * H);
        slopes = Take(2 * part * H);
        ofLogits = Take(part * A);
        dlogits = Take(part * A);
        ofValues = Take(part);
        dvalues = Take(part);
        rows = Take(part * I);
        carry = Take(2L * B * H);
        terms = Take(5 * part);
        losses = Take(8);
        moments = Take(8);
        first = Take(2);
        second = Take(2);
        norm = Take(1);
        clip = Take(1);
        total = Take(1);
        math.Fill(1, part, ofActive);
        math.Fill(1, all, active);
        math.Fill(options.Discount, all, discounts);
        math.Fill(0, N, discounts + (nint)(all - N) * F);                       // nothing follows the last pull
        accelerator.Upload(Memory.Bytes<float>([0, 0, 0, 0, 1, 0, 0, 0]), moments);
        LearningRate = options.LearningRate;
        EntropyWeight = options.Entropy;
        Lambda = options.Lambda;
    }

    public Policy Network { get; }

    public CardWeights Weights { get; }

    /// <summary>Why work could not be recorded; null if it could, or was not to be.</summary>
    public string? RecordError { get; private set; }

    public float LearningRate { get; set; }

    public float EntropyWeight { get; set; }

    public float Lambda { get; set; }

    public long StepsPerIteration => (long)options.Pulls * options.Trials;

    /// <summary>One iteration; nothing is read.</summary>
    public void Iterate()
    {
        Play((ulong)((long)iteration * options.Trials), options.Seed, withValues: true, greedy: false);
        FindTargets();
        RecordGradient();
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            for (int i = 0; i < order.Length; i++)
                order[i] = i;
            var random = new RandomKey(options.Seed, RandomPurpose.Minibatch, (ulong)iteration).Sequence((uint)epoch);
            random.Shuffle(order.AsSpan());
            accelerator.Upload(Memory.Bytes(order), lanes);
            for (int start = 0; start < order.Length; start += options.Minibatch)
            {
                Pick(start);
                if (recorded is null)
                    FindGradient();
                else
                    recorded.Run();
                Step();
            }
        }
        iteration++;
    }

    // The same launches for every minibatch of an iteration, which the driver then does at one call each. What changes
    // between iterations is written down with them, so they are recorded anew; the first iteration finds the memory.
    void RecordGradient()
    {
        if (accelerator is not CudaAccelerator card || !options.Records || iteration == 0 || RecordError is not null)
            return;
        recorded?.Dispose();
        recorded = null;
        try
        {
            recorded = card.Record(FindGradient);
        }
        catch (GpuException error)
        {
            // Launched one by one then, which is slower and no different.
            RecordError = error.Message;
        }
    }

    /// <summary>
    /// Plays trials from a number on; the mean total reward is <see cref="ReadMeanReturn"/>.
    /// </summary>
    public void Play(ulong firstTrial, ulong seed, bool withValues, bool greedy)
    {
        (int T, int N, int A, int D) = (options.Pulls, options.Trials, options.Arms, options.Numbers);
        math.BeginBandits(N, A, seed, firstTrial, means, pulled);
        GruPlaces both = Places(indices, dense);
        GruShape shape = withValues ? stepShape : stepShape with { Units = 1 };
        for (int t = 0; t < T; t++)
        {
            nint now = (nint)((long)t * N * F), before = now - (nint)N * F;
            nint last = t > 0 ? actions + before : 0, reward = t > 0 ? rewards + before : 0;
            math.BanditInput(N, t, T, D, last, reward, indices + now, dense + now * D);
            nint from = t > 0 ? states[t % 2] : 0, to = states[(t + 1) % 2];
            math.GruStep(in shape, in both, t, from, stepGates, 0, to);
            math.Product(new ProductShape(false, false, N, A, options.Hidden, options.Hidden, A, A), to,
                Weights["policy.head.weight"], logits);
            math.SampleActions(greedy, N, A, seed, firstTrial, t, 0, logits, Weights["policy.head.bias"],
                actions + now, logProbabilities + now);
            if (withValues)
            {
                math.Product(new ProductShape(false, false, N, 1, options.Hidden, options.Hidden, 1, 1),
                    to + (nint)(shape.StateStride * F), Weights["value.head.weight"], values + now);
            }
            math.PullBandits(
                N, A, seed, firstTrial, means, pulled, actions + now, rewards + now, regrets + now);
        }
    }

    void FindTargets()
    {
        (long all, int N) = (StepsPerIteration, options.Trials);
        nint counts = rewards;
        if (options.Regret)
        {
            math.Affine(-1, 0, all, regrets, regrets);
            counts = regrets;
        }
        math.Zip(0, 3, 1, all, values, Weights["value.head.bias"], values);
        math.ByMoments(true, all, moments, values, values);
        math.AdvantageTerms(options.ValueLambda, all, N, counts, discounts, values, delta, factor);
        math.Recurrence(true, options.Pulls, N, delta, factor, returns);
        math.Zip(0, 0, 1, all, returns, values, returns);
        math.AdvantageTerms(Lambda, all, N, counts, discounts, values, delta, factor);
        math.Recurrence(true, options.Pulls, N, delta, factor, advantages);
        math.WeightedSums(false, all, returns, active, 0, first);
        math.WeightedSums(true, all, returns, active, first, second);
        math.UpdateMoments(0.1f, first, second, moments);
        math.ByMoments(false, all, moments, returns, targets);
        math.WeightedSums(false, all, advantages, active, 0, first);
        math.WeightedSums(true, all, advantages, active, first, second);
        math.Standardise(all, first, second, active, advantages);
    }

    void Pick(int start)
    {
        (int T, int N, int B, int D) = (options.Pulls, options.Trials, options.Minibatch, options.Numbers);
        nint picked = lanes + (nint)start * sizeof(int);
        math.PickLanes(true, T, N, B, 1, indices, picked, ofIndices);
        math.PickLanes(false, T, N, B, D, dense, picked, ofDense);
        math.PickLanes(true, T, N, B, 1, actions, picked, ofActions);
        math.PickLanes(false, T, N, B, 1, logProbabilities, picked, ofLogProbabilities);
        math.PickLanes(false, T, N, B, 1, advantages, picked, ofAdvantages);
        math.PickLanes(false, T, N, B, 1, targets, picked, ofTargets);
    }

    /// <summary>The gradient of the picked minibatch.</summary>
    public void FindGradient()
    {
        (int T, int B, int H, int A) = (options.Pulls, options.Minibatch, options.Hidden, options.Arms);
        int count = T * B;
        GruPlaces both = Places(ofIndices, ofDense);
        nint ofValue = (nint)(learnShape.StateStride * F);
        math.GruForward(in learnShape, in both, true, gates, 0, 0, hidden);
        math.Product(new ProductShape(false, false, count, A, H, H, A, A), hidden, Weights["policy.head.weight"],
            ofLogits);
        math.Zip(0, 1, A, (long)count * A, ofLogits, Weights["policy.head.bias"], ofLogits);
        math.Product(new ProductShape(false, false, count, 1, H, H, 1, 1), hidden + ofValue,
            Weights["value.head.weight"], ofValues);
        math.Zip(0, 3, 1, count, ofValues, Weights["value.head.bias"], ofValues);
        math.ClippedObjective(count, A, options.Clip, options.ValueWeight, EntropyWeight, 1f / count, ofLogits,
            ofActions, ofLogProbabilities, ofAdvantages, ofValues, ofTargets, ofActive, dlogits, dvalues, terms);
        BackwardOfHead("policy", A, hidden, dlogits, slopes);
        BackwardOfHead("value", 1, hidden + ofValue, dvalues, slopes + ofValue);
        math.GruBackward(in learnShape, in both, hidden, gates, 0, slopes, false, rows, new GruGradientPlaces(
            0, Weights.GradientOf("policy.gru.input_weight"), Weights.GradientOf("policy.gru.hidden_weight"),
            Weights.GradientOf("policy.gru.bias"), carry));
    }

    void BackwardOfHead(string name, int outputs, nint states, nint slope, nint to)
    {
        (int H, int count) = (options.Hidden, options.Pulls * options.Minibatch);
        math.Product(new ProductShape(true, false, H, outputs, count, H, outputs, outputs), states, slope,
            Weights.GradientOf($"{name}.head.weight"));
        math.SumOfRows(count, outputs, outputs, slope, Weights.GradientOf($"{name}.head.bias"));
        math.Product(new ProductShape(false, true, count, H, outputs, outputs, outputs, H), slope,
            Weights[$"{name}.head.weight"], to);
    }

    void Step()
    {
        math.SumOfSquares(Weights.Count, Weights.Gradients, total);
        math.ClipFactor(options.GradientNorm, total, clip, norm);
        math.ScaleBy(Weights.Count, clip, Weights.Gradients, Weights.Gradients);
        updates++;
        const float beta1 = 0.9f, beta2 = 0.999f;
        float step = (float)(LearningRate / (1 - Math.Pow(beta1, updates)));
        float correction = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, updates)));
        math.Adam(beta1, beta2, step, correction, 1e-8f, 1, Weights.Count, Weights.Gradients, Weights.First,
            Weights.Second, Weights.Values);
    }

    GruPlaces Places(nint ones, nint numbers) => new(ones, numbers, Weights["policy.gru.input_weight"],
        Weights["policy.gru.hidden_weight"], Weights["policy.gru.bias"], 0, 0);

    /// <summary>Waits for the card.</summary>
    public void Wait() => accelerator.Synchronise();

    /// <summary>The mean total reward of the trials that were played last.</summary>
    public double ReadMeanReturn() => ReadRewards().Sum(reward => (double)reward) / options.Trials;

    /// <summary>Each trial's total reward.</summary>
    public double[] ReadReturns()
    {
        float[] all = ReadRewards();
        double[] sums = new double[options.Trials];
        for (int i = 0; i < all.Length; i++)
            sums[i % sums.Length] += all[i];
        return sums;
    }

    float[] ReadRewards() => Read(rewards, StepsPerIteration);

    /// <summary>Means of policy loss, value loss, entropy, KL and clipped share over the last minibatch.</summary>
    public float[] ReadLosses()
    {
        math.SumOfColumns(5, options.Pulls * options.Minibatch, terms, losses);
        return Read(losses, 5);
    }

    /// <summary>The length of the last gradient.</summary>
    public float ReadNorm() => Read(norm, 1)[0];

    /// <summary>The minibatch that was picked last: what the gradient was found from.</summary>
    public CardBatch ReadBatch() => new(
        ReadInts(ofIndices), Read(ofDense, Part * options.Numbers), ReadInts(ofActions), Read(ofLogProbabilities, Part),
        Read(ofAdvantages, Part), Read(ofTargets, Part));

    /// <summary>What was played: actions and rewards, [T, N].</summary>
    public (int[] Actions, float[] Rewards) ReadPlayed()
    {
        int[] chosen = new int[StepsPerIteration];
        accelerator.Download(actions, Memory.Bytes(chosen));
        return (chosen, ReadRewards());
    }

    long Part => (long)options.Pulls * options.Minibatch;

    float[] Read(nint address, long count)
    {
        float[] read = new float[count];
        accelerator.Download(address, Memory.Bytes(read));
        return read;
    }

    int[] ReadInts(nint address)
    {
        int[] read = new int[Part];
        accelerator.Download(address, Memory.Bytes(read));
        return read;
    }

    nint Take(long numbers)
    {
        nint address = accelerator.Allocate(numbers * F);
        taken.Add(address);
        return address;
    }

    public void Dispose()
    {
        recorded?.Dispose();
        foreach (nint address in taken)
            accelerator.Free(address);
        Weights.Dispose();
        Network.Dispose();
    }
}

/// <summary>A minibatch, [T, B].</summary>
sealed record CardBatch(
    int[] Indices, float[] Dense, int[] Actions, float[] LogProbabilities, float[] Advantages, float[] Targets);
