using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Statistics;

namespace RLSquared.Outside.Tests;

/// <summary>What <see cref="PlainRl2"/> can be told.</summary>
public sealed record PlainRl2Options
{
    /// <summary>Trials per iteration.</summary>
    public int Trials { get; init; } = 256;

    /// <summary>The options by name.</summary>
    public static OptionTable<PlainRl2Options> Table { get; } =
        new OptionTable<PlainRl2Options>("the algorithm plain-rl2", new()).Integer("trials", "trials per iteration",
            options => options.Trials, (options, value) => options with { Trials = value });
}

/// <summary>
/// A sibling of <see cref="Rl2"/>: RL² whose outer loop is a plain actor-critic. One step along the policy gradient for
/// each batch of trials, so that no ratio and no clip is needed: loss = −Σ log π(a) Â + ½ (V − R)² − entropy.
/// </summary>
public sealed class PlainRl2 : IAgentAlgorithm
{
    readonly Policy network;
    readonly Adam adam;
    readonly Collector collector;
    readonly Workers workers;
    readonly Credit credit;
    readonly ExponentialMoments returnMoments = new();
    readonly Tape[] tapes;
    readonly Action<int> learnShard;
    readonly double[] losses;
    int iteration;
    long steps;

    public PlainRl2(
        TaskDistribution task, PlainRl2Options options, ulong seed, Workers workers, Policy? policy = null)
    {
        (Task, this.workers) = (task, workers);
        network = policy ?? Policy.Recurrent(task.Spaces, new RecurrentPolicyOptions { Hidden = 24 }, seed);
        adam = new Adam(network.Parameters);
        collector = new Collector(
            task, network, options.Trials, shards: 2, chunk: 64, seed, discount: 1, keepsRegrets: false, workers);
        credit = new Credit(collector.Rollout, regrets: false);
        tapes = [.. collector.Shards.Select(shard => shard.Tape)];
        (learnShard, losses) = (Learn, new double[tapes.Length]);
    }

    public static AlgorithmEntry Entry { get; } = AlgorithmEntry.Of(
        "plain-rl2", "RL² with one plain gradient step for each batch", PlainRl2Options.Table,
        (task, options, seed, workers) => new PlainRl2(task, options, seed, workers),
        ("default", "the usual", _ => new PlainRl2Options()));

    public string Name => "plain-rl2";

    public long Steps => steps;

    public Agent Agent => new PolicyAgent(Name, network);

    public ParameterSet Parameters => network.Parameters;

    public TaskDistribution Task { get; }

    public TaskSpaces Spaces => network.Spaces;

    public IterationReport Iterate(double progress)
    {
        Rollout rollout = collector.Rollout;
        collector.Play(iteration);
        collector.EstimateValues(returnMoments.Mean, returnMoments.StandardDeviation);

        // ---- targets ----
        Advantages.Gae(rollout.N, credit.Compute(), rollout.Discounts, rollout.Values, new float[rollout.N], 0.7f,
            rollout.Advantages);
        for (int i = 0; i < rollout.Returns.Length; i++)
            rollout.Returns[i] = rollout.Advantages[i] + rollout.Values[i];
        returnMoments.Add(rollout.Returns, rollout.Active);
        Advantages.Standardise(rollout.Advantages, rollout.Active);

        // ---- learn ----
        workers.Run(tapes.Length, learnShard);
        network.Parameters.SumGradients(tapes);
        GradientClipping.ByNorm(network.Parameters, 1);
        adam.Step(5e-3f);
        iteration++;
        steps += rollout.Steps;
        return new IterationReport(
            iteration, steps, rollout.MeanReturn(), 0, 0, [("loss", losses.Sum())]);
    }

    void Learn(int s)
    {
        (Shard shard, Rollout rollout) = (collector.Shards[s], collector.Rollout);
        Tape tape = shard.Tape;
        tape.Reset();
        tape.Recording = true;
        var batch = new TrialBatch(rollout, shard.Trials, tape);
        (PolicyDistribution policy, Tensor values) = network.Forward(tape, batch.Input(network));
        Tensor weight = batch.Pick(rollout.Active) * (1f / rollout.Steps);
        Tensor target = (batch.Pick(rollout.Returns) - returnMoments.Mean) * (1 / returnMoments.StandardDeviation);
        Tensor advantage = batch.Pick(rollout.Advantages);
        Tensor policyLoss = -(policy.LogProbability(batch.Taken()) * advantage * weight).Sum();
        Tensor valueLoss = ((values - target).Square() * weight).Sum();
        Tensor loss = policyLoss + valueLoss * 0.5f - (policy.Entropy() * weight).Sum() * 0.1f;
        tape.Backward(loss);
        losses[s] = loss.Read();
    }

    public void VisitState(StateVisitor visitor)
    {
        visitor.Parameters(network.Parameters);
        visitor.Optimiser(adam);
        visitor.Moments("returns", returnMoments, batches: "return_batches");
        visitor.Integer("iteration", ref iteration);
        visitor.Integer("steps", ref steps);
    }

    public void Dispose()
    {
        collector.Dispose();
        adam.Dispose();
        returnMoments.Dispose();
        network.Dispose();
    }
}
