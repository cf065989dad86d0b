using System.Diagnostics;
using RLSquared.Agents;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Algorithms;

/// <summary>
/// MAML (Finn, Abbeel and Levine 2017, 'Model-agnostic meta-learning for fast adaptation of deep networks'): learns
/// weights from which a few gradient steps on one task lead to a good policy for it.
/// <code>
///   θ′ = θ − α ∇L_task(θ; plays under θ)                                  inner, for each task
///   min_θ  E_task [ L_task(θ′; plays under θ′) ]                           outer, through the inner step
/// </code>
/// The gradient of the outer loss goes through the inner one and its gradient, exactly. An iteration takes B tasks;
/// each is played K times, adapted to, and played K times more, for as many inner steps as there are. Both losses go by
/// a linear baseline that is fitted to each task's plays. The outer loss is the clipped ratio of proximal policy
/// optimisation, or one step in a trust region.
/// <para><see cref="EMaml"/> adds what the first plays were good for. With its weight at 0 both are the same to the
/// bit.</para>
/// </summary>
public sealed class Maml : IAgentAlgorithm
{
    readonly MamlOptions options;
    readonly ulong seed;
    readonly AdaptivePolicy policy;
    readonly Adaptation adaptation;
    readonly Adam adam;
    readonly Workers workers;
    readonly MamlTask[] tasks;                                                      // [B]
    readonly MamlShard[] shards;
    readonly ParameterVector weights;
    readonly TrustRegion? trustRegion;
    readonly float[] gradient;
    readonly Action<int> playShard, learnShard;
    Aim aim;
    int iteration;
    long steps;

    /// <summary>A policy at its first weights.</summary>
    /// <param name="task">What is to be learned.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random. The same seed gives the same bits with any number of threads.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <param name="name">What it is called: maml or e-maml.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    public Maml(TaskDistribution task, MamlOptions options, ulong seed, Workers workers, string name = "maml")
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (task.MaxLanes < options.Plays)
        {
            throw new OptionException("plays",
                $"{task.Name} has {task.MaxLanes} lanes, and {name} plays a task {options.Plays} times at once; rl2 " +
                "can learn it");
        }
        (Task, this.options, this.seed, this.workers, Name) = (task, options, seed, workers, name);
        policy = new AdaptivePolicy(task.Spaces, options.Policy, seed);
        adaptation = Adaptation.Of(policy, options);
        adam = new Adam(policy.Parameters);
        weights = new ParameterVector(policy.Parameters.All);
        gradient = new float[weights.Count];
        tasks = [.. Enumerable.Range(0, options.Tasks).Select(_ => new MamlTask(policy, options))];
        shards = [.. Enumerable.Range(0, options.Shards).Select(
            s => new MamlShard(task, policy, options, s, weights.Count))];
        (playShard, learnShard) = (Play, Learn);
        if (options.Outer == OuterUpdate.TrustRegion)
        {
            trustRegion = new TrustRegion(
                weights, sum => Sum(Aim.Divergence, sum), () => Sum(Aim.Measure, []), 10, 0.01f, 15);
        }
    }

    /// <summary>
    /// What was learned, as an agent that adapts in the midst of each trial. It shares the weights that are being
    /// trained.
    /// </summary>
    public Agent Agent => new AdaptingAgent(Name, adaptation, options);

    /// <summary>
    /// One iteration: plays, adapts, plays again, learns.
    /// </summary>
    /// <param name="progress">The share of the budget that is spent; nothing here goes by it.</param>
    /// <exception cref="NonFiniteException">A reward, a loss or a gradient is not a finite number.</exception>
    public IterationReport Iterate(double progress)
    {
        long start = Stopwatch.GetTimestamp();
        workers.Run(shards.Length, playShard);
        double rolloutSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        FindCredits();
        List<(string, double)> figures = options.Outer == OuterUpdate.Clipped ? Descend() : StepInTrustRegion();
        iteration++;
        foreach (MamlTask task in tasks)
            steps += task.Plays.Sum(plays => (long)plays.Steps);
        double before = tasks.Average(task => task.Plays[0].MeanReturn);
        double after = tasks.Average(task => task.Plays[^1].MeanReturn);
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new IterationReport(iteration, steps, after, rolloutSeconds, updateSeconds,
            [("return_before", before), ("return_gain", after - before), .. figures]);
    }

    /// <summary>What the last iteration played, and how it was credited.</summary>
    internal IReadOnlyList<MamlTask> LastTasks => tasks;

    /// <summary>How it adapts.</summary>
    internal Adaptation Adaptation => adaptation;

    /// <summary>How it is trained.</summary>
    internal MamlOptions Options => options;

    /// <summary>The policy that is trained.</summary>
    internal AdaptivePolicy Policy => policy;

    // ---- inner: each task is played, adapted to, and played again ----

    void Play(int s)
    {
        MamlShard shard = shards[s];
        for (int i = shard.First; i < shard.End; i++)
        {
            ulong trial = (ulong)iteration * (ulong)tasks.Length + (ulong)i;
            Tensor[]? adapted = null;                                                       // θ
            shard.Adapted.Reset();
            for (int j = 0; j <= options.InnerSteps; j++)
            {
                Plays plays = tasks[i].Plays[j];
                shard.Player.SetWeights(adapted);
                plays.Play(shard.Game, seed, RandomKey.Play(trial, j * options.Plays));
                if (j < options.InnerSteps)
                {
                    Adaptation.Judge(plays, shard.Baseline, options.Discount, options.Lambda);
                    adapted = adaptation.Move(shard.Tape, plays, adapted, shard.Adapted);
                }
                else
                {
                    tasks[i].LeastDeviation = shard.Baseline.Judge(plays, options.Discount, options.Lambda);
                }
            }
        }
    }

    // ---- credits: what adapted policies brought, compared over all tasks ----

    internal void FindCredits()
    {
        // Advantages after adaptation: centred for each task, and all divided by one deviation, so that tasks on which
        // little is at stake weigh little.
        double squares = 0, count = 0, least = tasks.Max(task => task.LeastDeviation);
        foreach (MamlTask task in tasks)
        {
            squares += task.Centre();
            count += task.Plays[^1].Steps;
        }
        double deviation = Math.Max(Math.Sqrt(squares / count) + 1e-8, least);
        foreach (MamlTask task in tasks)
            TensorPrimitives.Multiply(task.Plays[^1].Advantages, (float)(1 / deviation), task.Plays[^1].Advantages);
        if (options.Exploration == 0)
            return;

        double[] means = [.. tasks.Select(task => task.MeanReward)];
        double mean = means.Average(), spread = Math.Sqrt(tasks.Sum(task => task.SquaresAround(mean)) / count);
        int others = Math.Max(1, tasks.Length - 1);
        for (int i = 0; i < tasks.Length; i++)
        {
            MamlTask task = tasks[i];
            double above = means[i] - mean, aboveOthers = above * tasks.Length / others;
            int before = task.Plays[..^1].Sum(plays => plays.Steps);
            task.Credit = options.Exploration * (float)(options.ExplorationScale switch
            {
                // In units of the outer loss, whose advantages are divided by the deviation.
                ExplorationScale.Exact => aboveOthers / deviation * before,
                ExplorationScale.Published => above / deviation,
                ExplorationScale.StandardisedSum => above / (spread + 1e-8) * options.Plays,
                _ => above / (spread + 1e-8),
            });
        }
    }

    // ---- outer: the loss after adaptation, through the adaptation ----

    List<(string, double)> Descend()
    {
        MamlSums sums = default;
        double norm = 0;
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            Sum(Aim.Loss, gradient);
            sums += Total();
            norm += Spread(gradient);
            if (options.GradientNorm > 0)
                GradientClipping.ByNorm(policy.Parameters, options.GradientNorm);
            adam.Step(options.LearningRate);
        }
        return [.. sums.Figures(options.Epochs), ("gradient_norm", norm / options.Epochs)];
    }

    List<(string, double)> StepInTrustRegion()
    {
        (_, double surrogate) = Sum(Aim.Loss, gradient);
        MamlSums sums = Total();
        double norm = Spread(gradient);
        TensorPrimitives.Negate(gradient, gradient);                                        // of what is to rise
        TrustRegionStep step = trustRegion!.Step(gradient, surrogate, options.MaxKl);
        return
        [
            .. sums.Figures(1), ("gradient_norm", norm), ("surrogate_gain", step.Gain), ("step_kl", step.Kl),
            ("backtracks", step.Backtracks),
        ];
    }

    /// <summary>Gives the parameters their gradients; returns the length of all.</summary>
    float Spread(float[] sum)
    {
        int at = 0;
        foreach (Parameter parameter in policy.Parameters.All)
        {
            int length = (int)parameter.Value.Shape.Count;
            parameter.Gradient.CopyFrom(sum.AsSpan(at, length));
            at += length;
        }
        return GradientLimit.Apply(policy.Parameters, norm: 0, iteration);
    }

    /// <summary>
    /// Goes through all tasks. Shards are added in their order, so that the bits do not depend on which was ready
    /// first.
    /// </summary>
    (double Kl, double Surrogate) Sum(Aim of, float[] sum)
    {
        aim = of;
        workers.Run(shards.Length, learnShard);
        Array.Clear(sum);
        foreach (MamlShard shard in shards)
        {
            if (sum.Length > 0)
                TensorPrimitives.Add(sum, shard.Gradient, sum);
        }
        MamlSums total = Total();
        return (total.ExactKl, -total.Loss);
    }

    MamlSums Total() => shards.Aggregate(default(MamlSums), (sum, shard) => sum + shard.Sums);

    void Learn(int s)
    {
        MamlShard shard = shards[s];
        Array.Clear(shard.Gradient);
        shard.Sums = default;
        for (int i = shard.First; i < shard.End; i++)
        {
            shard.Tape.Reset();
            shard.Tape.Recording = true;
            shard.Sums += Learn(shard.Tape, tasks[i]);
            if (aim != Aim.Measure)
                weights.AddGradient(shard.Tape, shard.Gradient);
        }
    }

    /// <summary>Loss and gradient of one task.</summary>
    internal MamlSums Learn(Tape tape, MamlTask task)
    {
        bool differentiable = aim != Aim.Measure;
        Tensor explored = default, entropy = default;
        for (int j = 0; j < options.InnerSteps; j++)
        {
            Plays before = task.Plays[j];
            // Under θ_j.
            PolicyDistribution playing = policy.Forward(tape, before.Seen(tape), before.Forbidden(tape));
            Tensor logProb = playing.LogProbability(before.Taken(tape));
            if (j == 0)
                entropy = (playing.Entropy() * Weight(tape, before)).Sum();
            if (options.Exploration > 0 && Credits(j))
                explored = Add(explored, Exploration(tape, task, before, logProb));
            adaptation.Step(tape, before, logProb, differentiable);                                   // binds θ_{j+1}
        }

        Plays after = task.Plays[^1];
        PolicyDistribution adapted = policy.Forward(tape, after.Seen(tape), after.Forbidden(tape));          // under θ′
        Tensor weight = Weight(tape, after);
        Tensor logRatio = adapted.LogProbability(after.Taken(tape)) - after.Column(tape, after.LogProbabilities);
        Tensor ratio = logRatio.Exp();                                               // π(a) / π_old(a), both adapted
        Tensor outer = ClippedSurrogate.Loss(ratio, after.Column(tape, after.Advantages), weight, Clip);
        Tensor loss = explored.Exists ? outer + explored : outer;
        if (options.Entropy > 0)
            loss -= entropy * options.Entropy;
        NonFiniteException.ThrowIf(loss.Item, "loss", iteration);
        double exactKl = trustRegion is null ? 0 : Divergence(tape, task, adapted, weight, loss);
        if (aim == Aim.Loss)
            tape.Backward(loss);
        return new MamlSums(outer.Item, explored.Exists ? explored.Item : 0, loss.Item, entropy.Item,
            ClippedSurrogate.Kl(ratio.Span, logRatio.Span, weight.Span),
            ClippedSurrogate.ClippedShare(ratio.Span, weight.Span, options.Clip), exactKl);
    }

    // The policy that the trust region is around is the one that has adapted, as it was before the step.
    double Divergence(Tape tape, MamlTask task, PolicyDistribution adapted, Tensor weight, Tensor loss)
    {
        if (aim == Aim.Loss)
            task.Remember(adapted, policy.LogDeviations(tape));
        Tensor kl = (adapted.DivergenceFrom(task.Remembered(tape, policy.Spaces.Action)) * weight).Sum();
        if (aim == Aim.Divergence)
            tape.Backward(kl);
        return kl.Item;
    }

    /// <summary>Whether the plays before inner step j are credited with what came after all of them.</summary>
    bool Credits(int j) => j == 0 || options.ExplorationScale is ExplorationScale.Exact or ExplorationScale.Published;

    /// <summary>
    /// −λ · credit · mean of log π over what was done before an adaptation, as a ratio that is clipped: where nothing
    /// has moved yet the gradient is the same, and later epochs do not run away.
    /// </summary>
    Tensor Exploration(Tape tape, MamlTask task, Plays before, Tensor logProb)
    {
        float share = Credits(1) ? (float)before.Steps / task.Plays[..^1].Sum(plays => plays.Steps) : 1;
        Tensor ratio = (logProb - before.Column(tape, before.LogProbabilities)).Exp();
        Tensor credit = before.Column(tape, before.Active) * (task.Credit * share);
        return ClippedSurrogate.Loss(ratio, credit, Weight(tape, before), Clip);
    }

    /// <summary>The weights of the steps: 1 together for each task, divided by the tasks; 0 for padding.</summary>
    Tensor Weight(Tape tape, Plays plays) =>
        plays.Column(tape, plays.Active) * (1f / (Math.Max(1, plays.Steps) * (float)tasks.Length));

    // The trust region limits the step itself.
    float Clip => options.Outer == OuterUpdate.Clipped ? options.Clip : 1e6f;

    static Tensor Add(Tensor sum, Tensor term) => sum.Exists ? sum + term : term;

    // ---- state: what a checkpoint holds ----

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The mean return of a trial after adaptation.</summary>
    public string Score => "adapted return";

    /// <inheritdoc/>
    public long Steps => steps;

    /// <inheritdoc/>
    public ParameterSet Parameters => policy.Parameters;

    /// <inheritdoc/>
    public TaskDistribution Task { get; }

    /// <inheritdoc/>
    public TaskSpaces Spaces => policy.Spaces;

    /// <inheritdoc/>
    public void VisitState(StateVisitor visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        visitor.Parameters(policy.Parameters);
        visitor.Optimiser(adam);
        visitor.Integer("iteration", ref iteration);
        visitor.Integer("steps", ref steps);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        foreach (MamlShard shard in shards)
            shard.Dispose();
        adam.Dispose();
        policy.Dispose();
    }

    /// <summary>What a pass through all tasks is for.</summary>
    enum Aim
    {
        /// <summary>The loss and its gradient.</summary>
        Loss,
        /// <summary>The gradient of the divergence from the adapted policies as they were.</summary>
        Divergence,
        /// <summary>The loss and the divergence, without gradients.</summary>
        Measure,
    }
}
