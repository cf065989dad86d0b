using System.Diagnostics;
using RLSquared.Datasets;
using RLSquared.Evaluation;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>Draws the rows of one place of a minibatch.</summary>
/// <param name="batch">Where they go.</param>
/// <param name="b">The place.</param>
/// <param name="random">What to draw from: a sequence of this update and place alone.</param>
delegate void GoalDraw(GoalBatch batch, int b, ref RandomSequence random);

/// <summary>
/// The loop that all algorithms share which learn to reach goals from recorded data: draw a minibatch, cut it into
/// shards, find each shard's gradient, add these in shard order, take a step of Adam, and let target networks follow.
/// What is drawn and what the loss is, the algorithm says.
/// </summary>
sealed class GoalUpdates : IDisposable
{
    readonly GoalLearningOptions options;
    readonly ParameterSet parameters;
    readonly Workers workers;
    readonly ulong seed;
    readonly GoalDraw draw;
    readonly Func<GoalBatch, Tensor> loss;
    readonly Action? follow;
    readonly GoalBatch[] shards;
    readonly Tape[] tapes;
    readonly Adam adam;
    readonly Action<int> learn;
    int iteration;
    long updates;

    /// <summary>The loop before its first update; all parameters must have been added.</summary>
    /// <param name="data">What is learned from.</param>
    /// <param name="options">How.</param>
    /// <param name="parameters">What is learned; networks that follow are in sets of their own.</param>
    /// <param name="seed">Of what is drawn.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <param name="draw">Draws the rows of one place.</param>
    /// <param name="loss">This shard's share of the loss, one number on the batch's tape.</param>
    /// <param name="follow">What happens after each step, such as target networks that follow.</param>
    /// <param name="subgoals">Subgoals of a row, M.</param>
    public GoalUpdates(
        GoalDataset data, GoalLearningOptions options, ParameterSet parameters, ulong seed, Workers workers,
        GoalDraw draw, Func<GoalBatch, Tensor> loss, Action? follow = null, int subgoals = 1)
    {
        options.Validate();
        (this.options, this.parameters, this.seed, this.workers) = (options, parameters, seed, workers);
        (this.draw, this.loss, this.follow) = (draw, loss, follow);
        int B = options.Batch, S = options.Shards;
        shards = [.. Enumerable.Range(0, S).Select(s => new GoalBatch(data, Minibatches.Cut(B, s, S),
            Minibatches.Cut(B, s + 1, S) - Minibatches.Cut(B, s, S), B, subgoals,
            new GoalInput(data, options.Normalise)))];
        tapes = [.. shards.Select(shard => shard.Tape)];
        adam = new Adam(parameters);
        learn = Learn;
    }

    /// <summary>Updates done.</summary>
    public long Updates => updates;

    /// <summary>Iterations done.</summary>
    public int Iteration => iteration;

    /// <summary>Draws the rows of one place.</summary>
    internal GoalDraw Draw => draw;

    /// <summary>A shard's share of the loss.</summary>
    internal Func<GoalBatch, Tensor> Loss => loss;

    /// <summary>One iteration: as many updates as the options say, and then a few episodes.</summary>
    /// <param name="task">Where the episodes are played.</param>
    /// <param name="act">Makes whoever acts by what was learned so far, for so many lanes.</param>
    /// <exception cref="NonFiniteException">A loss or a gradient is not a finite number.</exception>
    public IterationReport Iterate(GoalTask task, Func<int, GoalAct> act)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (GoalBatch shard in shards)
            shard.Forget();
        double norms = 0;
        for (int update = 0; update < options.Updates; update++)
            norms += Update();
        iteration++;
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        double success = 0;
        if (options.Probes > 0 && task.Evaluations.Count > 0)
        {
            var probe = new GoalEvaluationOptions { Episodes = options.Probes, Seed = ProbeSeed };
            success = GoalEvaluator.Run(task, act, probe, workers).Rate;
        }
        double probeSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        List<(string, double)> figures = [];
        for (int note = 0; note < shards[0].Notes.Count; note++)
        {
            double sum = 0;
            foreach (GoalBatch shard in shards)
                sum += shard.Notes[note].Sum;
            figures.Add((shards[0].Notes[note].Name, sum / options.Updates));
        }
        figures.Add(("gradient_norm", norms / options.Updates));
        return new IterationReport(iteration, updates, success, probeSeconds, updateSeconds, figures);
    }

    // Evaluations have small seeds, and starts of training are to be none of theirs.
    ulong ProbeSeed => seed ^ 0x9E3779B97F4A7C15;

    /// <summary>One update; the length of its gradient.</summary>
    internal float Update()
    {
        workers.Run(shards.Length, learn);
        parameters.SumGradients(tapes, workers: workers);
        float norm = GradientLimit.Apply(parameters, norm: 0, iteration);
        adam.Step(options.LearningRate, workers);
        follow?.Invoke();
        updates++;
        return norm;
    }

    /// <summary>Loss and gradient of one shard.</summary>
    void Learn(int s)
    {
        GoalBatch batch = shards[s];
        batch.Tape.Reset();
        var key = new RandomKey(seed, RandomPurpose.Minibatch, (ulong)updates);
        for (int b = 0; b < batch.Count; b++)
        {
            RandomSequence random = key.Sequence((uint)(batch.First + b));
            draw(batch, b, ref random);
        }
        Tensor value = loss(batch);
        NonFiniteException.ThrowIf(value.Read(), "loss", iteration);
        batch.Tape.Backward(value);
    }

    /// <summary>Shows what a checkpoint must hold besides target networks.</summary>
    public void VisitState(StateVisitor visitor)
    {
        visitor.Parameters(parameters);
        visitor.Optimiser(adam);
        visitor.Integer("iteration", ref iteration);
        visitor.Integer("steps", ref updates);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        foreach (GoalBatch shard in shards)
            shard.Dispose();
        adam.Dispose();
    }
}
