using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;

namespace RLSquared.Outside.Tests;

/// <summary>Transitions that somebody recorded.</summary>
public sealed record Dataset(
    TaskDistribution Task, int[] States, int[] Actions, float[] Rewards, int[] Next, bool[] Ended)
{
    /// <summary>What an agent meets in some trials.</summary>
    public static Dataset Record(TaskDistribution task, Agent agent, int trials, ulong seed)
    {
        using var game = new Game(task, agent, trials);
        (List<int> states, List<int> actions, List<float> rewards, List<int> next, List<bool> ended) =
            ([], [], [], [], []);
        game.Begin(seed, 0);
        while (game.Decide())
        {
            states.AddRange(game.Observations.ToArray().Select(state => (int)state));
            actions.AddRange(game.Actions.Choices);
            game.Step();
            rewards.AddRange(game.Rewards);
            next.AddRange(game.Observations.ToArray().Select(state => (int)state));
            ended.AddRange(game.Endings.ToArray().Select(ending => (ending & Endings.EpisodeEnded) != 0));
        }
        return new(task, [.. states], [.. actions], [.. rewards], [.. next], [.. ended]);
    }
}

/// <summary>
/// Q-learning on a dataset, with a target that follows slowly: Q(s, a) ← r + γ max_b Q'(s', b). It plays nothing, so
/// its progress is counted in updates.
/// </summary>
public sealed class FittedQ : IAgentAlgorithm
{
    const int Batch = 128, Updates = 20;

    readonly Dataset data;
    readonly ParameterSet target = new();
    readonly Mlp network, slow;
    readonly Adam adam;
    readonly Tape tape = new(new Arena());
    readonly ulong seed;
    int iteration;
    long updates;

    public FittedQ(Dataset data, ulong seed)
    {
        (this.data, this.seed) = (data, seed);
        (int S, int A) = (data.Task.Observation.Size, data.Task.Actions);
        var random = new RandomKey(seed, RandomPurpose.Weights, 0);
        network = new Mlp(Parameters, "value", S, A, random, new MlpOptions { Hidden = [32] });
        slow = new Mlp(target, "target", S, A, random, new MlpOptions { Hidden = [32] });
        adam = new Adam(Parameters);
    }

    public string Name => "fitted-q";

    public long Steps => updates;

    public string Unit => "updates";

    public string Score => "value";

    public ParameterSet Parameters { get; } = new();

    public TaskDistribution Task => data.Task;

    public TaskSpaces Spaces => data.Task.Spaces;

    /// <summary>Takes the action of the highest value.</summary>
    public Agent Agent => new FeedForwardAgent(network, data.Task.Observation.Size, data.Task.Actions);

    public IterationReport Iterate(double progress)
    {
        int S = data.Task.Observation.Size;
        (double loss, double mean) = (0, 0);
        RandomSequence random = new RandomKey(seed, RandomPurpose.Minibatch, (ulong)iteration).Sequence(0);
        for (int update = 0; update < Updates; update++)
        {
            int[] rows = new int[Batch];
            for (int i = 0; i < Batch; i++)
                rows[i] = random.NextInt(data.States.Length);
            tape.Reset();
            tape.Recording = false;
            int[] next = [.. rows.Select(row => data.Next[row])];
            float[] best = slow.Forward(FeedForward.OneHot(tape, next, S)).MaxOfColumns().ToArray();
            float[] targets = [.. rows.Select(
                (row, i) => data.Rewards[row] + (data.Ended[row] ? 0 : 0.9f * best[i]))];

            tape.Reset();
            tape.Recording = true;
            int[] states = [.. rows.Select(row => data.States[row])];
            Indices actions = tape.Arena.CopyIndices([.. rows.Select(row => data.Actions[row])]);
            Tensor values = network.Forward(FeedForward.OneHot(tape, states, S)).Gather(actions);     // [B, 1]
            Tensor error = (values - tape.Constant(new Shape(Batch, 1), targets)).Square().Mean();
            tape.Backward(error);
            Parameters.SumGradients([tape]);
            adam.Step(0.01f);
            for (int i = 0; i < target.All.Count; i++)                                  // Polyak averaging
            {
                float[] fast = Parameters.All[i].Value.ToArray();
                target.All[i].Value.CopyFrom(
                    [.. target.All[i].Value.ToArray().Select((old, j) => old + 0.1f * (fast[j] - old))]);
            }
            (loss, mean, updates) = (loss + error.Read(), mean + targets.Average(), updates + 1);
        }
        iteration++;
        return new IterationReport(iteration, updates, mean / Updates, 0, 0, [("value_loss", loss / Updates)]);
    }

    public void VisitState(StateVisitor visitor)
    {
        visitor.Parameters(Parameters);
        visitor.Parameters(target);
        visitor.Optimiser(adam);
        visitor.Integer("iteration", ref iteration);
        visitor.Integer("steps", ref updates);
    }

    public void Dispose()
    {
        tape.Arena.Dispose();
        adam.Dispose();
        Parameters.Dispose();
        target.Dispose();
    }
}
