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
    readonly nint[] policyState = new nint[2], valueState = new nint[2];
    readonly nint lanes, ofIndices, ofDense, ofActions, ofLogProbabilities, ofAdvantages, ofTargets, ofActive;
    readonly nint policyGates, policyHidden, valueGates, valueHidden, ofLogits, ofValues, slopes, dlogits, dvalues;
    readonly nint rows, carry, terms, losses, moments, first, second, norm, clip, total;
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
        stepShape = new GruShape(T, N, H, I, 1, D, Relu: false);
        learnShape = new GruShape(T, B, H, I, 1, D, Relu: false);
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
        stepGates = Take((long)N * 4 * H);
        logits = Take((long)N * A);
        for (int i = 0; i < 2; i++)
            (policyState[i], valueState[i]) = (Take((long)N * H), Take((long)N * H));
        lanes = Take(N);
        ofIndices = Take(part);
        ofDense = Take(part * D);
        ofActions = Take(part);
        ofLogProbabilities = Take(part);
        ofAdvantages = Take(part);
        ofTargets = Take(part);
        ofActive = Take(part);
        policyGates = Take(part * 4 * H);
        valueGates = Take(part * 4 * H);
        policyHidden = Take(part * H);
        valueHidden = Take(part * H);
        slopes = Take(part * H);
        ofLogits = Take(part * A);
        dlogits = Take(part * A);
        ofValues = Take(part);
        dvalues = Take(part);
        rows = Take(part * I);
        carry = Take((long)B * H);
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
    }

    public RecurrentNetwork Network { get; }

    public CardWeights Weights { get; }

    public float LearningRate { get; set; }

    public float EntropyWeight { get; set; }

    public long StepsPerIteration => (long)options.Pulls * options.Trials;

    /// <summary>One iteration; nothing is read.</summary>
    public void Iterate()
    {
        Play((ulong)((long)iteration * options.Trials), options.Seed, withValues: true, greedy: false);
        FindTargets();
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
                FindGradient();
                Step();
            }
        }
        iteration++;
    }

    /// <summary>
    /// Plays trials from a number on; the mean total reward is <see cref="ReadMeanReturn"/>.
    /// </summary>
    public void Play(ulong firstTrial, ulong seed, bool withValues, bool greedy)
    {
        (int T, int N, int A, int D) = (options.Pulls, options.Trials, options.Arms, options.Numbers);
        math.BeginBandits(N, A, seed, firstTrial, means, pulled);
        GruPlaces policy = Places("policy", indices, dense), value = Places("value", indices, dense);
        for (int t = 0; t < T; t++)
        {
            nint now = (nint)((long)t * N * F), before = now - (nint)N * F;
            nint last = t > 0 ? actions + before : 0, reward = t > 0 ? rewards + before : 0;
            math.BanditInput(N, t, T, D, last, reward, indices + now, dense + now * D);
            nint from = t > 0 ? policyState[t % 2] : 0, to = policyState[(t + 1) % 2];
            math.GruStep(in stepShape, in policy, t, from, stepGates, 0, to);
            math.Product(new ProductShape(false, false, N, A, options.Hidden, options.Hidden, A, A), to,
                Weights["policy.head.weight"], logits);
            math.SampleActions(greedy, N, A, seed, firstTrial, t, 0, logits, Weights["policy.head.bias"],
                actions + now, logProbabilities + now);
            if (withValues)
            {
                from = t > 0 ? valueState[t % 2] : 0;
                to = valueState[(t + 1) % 2];
                math.GruStep(in stepShape, in value, t, from, stepGates, 0, to);
                math.Product(new ProductShape(false, false, N, 1, options.Hidden, options.Hidden, 1, 1), to,
                    Weights["value.head.weight"], values + now);
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
        math.AdvantageTerms(options.Lambda, all, N, counts, discounts, values, delta, factor);
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
        GruPlaces policy = Places("policy", ofIndices, ofDense), value = Places("value", ofIndices, ofDense);
        math.GruForward(in learnShape, in policy, true, policyGates, 0, 0, policyHidden);
        math.GruForward(in learnShape, in value, true, valueGates, 0, 0, valueHidden);
        math.Product(new ProductShape(false, false, count, A, H, H, A, A), policyHidden,
            Weights["policy.head.weight"], ofLogits);
        math.Zip(0, 1, A, (long)count * A, ofLogits, Weights["policy.head.bias"], ofLogits);
        math.Product(new ProductShape(false, false, count, 1, H, H, 1, 1), valueHidden,
            Weights["value.head.weight"], ofValues);
        math.Zip(0, 3, 1, count, ofValues, Weights["value.head.bias"], ofValues);
        math.ClippedObjective(count, A, options.Clip, options.ValueWeight, EntropyWeight, 1f / count, ofLogits,
            ofActions, ofLogProbabilities, ofAdvantages, ofValues, ofTargets, ofActive, dlogits, dvalues, terms);
        Backward("policy", in policy, A, policyGates, policyHidden, dlogits);
        Backward("value", in value, 1, valueGates, valueHidden, dvalues);
    }

    void Backward(string name, in GruPlaces gru, int outputs, nint gates, nint hidden, nint slope)
    {
        (int T, int B, int H) = (options.Pulls, options.Minibatch, options.Hidden);
        int count = T * B;
        math.Product(new ProductShape(true, false, H, outputs, count, H, outputs, outputs), hidden, slope,
            Weights.GradientOf($"{name}.head.weight"));
        math.SumOfRows(count, outputs, outputs, slope, Weights.GradientOf($"{name}.head.bias"));
        math.Product(new ProductShape(false, true, count, H, outputs, outputs, outputs, H), slope,
            Weights[$"{name}.head.weight"], slopes);
        math.GruBackward(in learnShape, in gru, hidden, gates, 0, slopes, false, rows, new GruGradientPlaces(
            0, Weights.GradientOf($"{name}.gru.input_weight"), Weights.GradientOf($"{name}.gru.hidden_weight"),
            Weights.GradientOf($"{name}.gru.bias"), carry));
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

    GruPlaces Places(string name, nint ones, nint numbers) => new(
        ones, numbers, Weights[$"{name}.gru.input_weight"], Weights[$"{name}.gru.hidden_weight"],
        Weights[$"{name}.gru.bias"], 0, 0);

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
        foreach (nint address in taken)
            accelerator.Free(address);
        Weights.Dispose();
        Network.Dispose();
    }
}

/// <summary>A minibatch, [T, B].</summary>
sealed record CardBatch(
    int[] Indices, float[] Dense, int[] Actions, float[] LogProbabilities, float[] Advantages, float[] Targets);
