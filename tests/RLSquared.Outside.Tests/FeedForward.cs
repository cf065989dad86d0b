using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;

namespace RLSquared.Outside.Tests;

/// <summary>
/// A feed-forward policy over the states of a task, and REINFORCE (Williams 1992), which trains it:
/// ∇J = E[Σ_t ∇ log π(a_t | s_t) · (R_t − mean R)], R_t the rewards of the trial from step t on.
/// </summary>
public sealed class FeedForward : IAgentAlgorithm
{
    const int Trials = 64;

    readonly TaskDistribution task;
    readonly Mlp network;
    readonly Adam adam;
    readonly Tape tape = new(new Arena());
    readonly Game game;
    readonly ulong seed;
    int iteration;
    long steps;

    public FeedForward(TaskDistribution task, ulong seed)
    {
        (this.task, this.seed) = (task, seed);
        network = new Mlp(Parameters, "policy", task.Observation.Size, task.Actions,
            new RandomKey(seed, RandomPurpose.Weights, 0), new MlpOptions { Hidden = [32], OutputGain = 0.01f });
        adam = new Adam(Parameters);
        game = new Game(task, Agent, Trials);
    }

    public string Name => "feed-forward";

    public long Steps => steps;

    public ParameterSet Parameters { get; } = new();

    public TaskDistribution Task => task;

    public TaskSpaces Spaces => task.Spaces;

    public Agent Agent => new FeedForwardAgent(network, task.Observation.Size, task.Actions);

    public IterationReport Iterate(double progress)
    {
        // ---- play, [T, N] ----
        (int T, int N) = (task.TrialLength, Trials);
        (int[] states, int[] actions, float[] rewards) = (new int[T * N], new int[T * N], new float[T * N]);
        game.Begin(seed, (ulong)iteration * Trials);
        while (game.Decide())
        {
            int row = game.Steps * N;
            for (int lane = 0; lane < N; lane++)
                states[row + lane] = (int)game.Observations[lane];
            game.Actions.Choices.CopyTo(actions, row);
            game.Step();
            game.Rewards.CopyTo(rewards.AsSpan(row));
        }

        // ---- learn ----
        float sum = rewards.Sum();
        for (int i = (T - 1) * N - 1; i >= 0; i--)
            rewards[i] += rewards[i + N];                                               // R_t
        for (int t = 0; t < T; t++)
        {
            float mean = rewards.Skip(t * N).Take(N).Average();
            for (int i = t * N; i < (t + 1) * N; i++)
                rewards[i] -= mean;
        }
        tape.Reset();
        tape.Recording = true;
        Tensor logits = network.Forward(OneHot(tape, states, task.Observation.Size));  // [T · N, A]
        Tensor logProb = logits.SelectedLogProbability(tape.Arena.CopyIndices(actions));
        Tensor loss = -(logProb * tape.Constant(new Shape(T * N, 1), rewards)).Mean();
        tape.Backward(loss);
        Parameters.SumGradients([tape]);
        adam.Step(0.02f);
        iteration++;
        steps += T * N;
        return new IterationReport(iteration, steps, sum / N, 0, 0, [("policy_loss", loss.Read())]);
    }

    public void VisitState(StateVisitor visitor)
    {
        visitor.Parameters(Parameters);
        visitor.Optimiser(adam);
        visitor.Integer("iteration", ref iteration);
        visitor.Integer("steps", ref steps);
    }

    public void Dispose()
    {
        game.Dispose();
        tape.Arena.Dispose();
        adam.Dispose();
        Parameters.Dispose();
    }

    internal static Tensor OneHot(Tape tape, ReadOnlySpan<int> states, int size)
    {
        float[] rows = new float[states.Length * size];
        for (int i = 0; i < states.Length; i++)
            rows[i * size + states[i]] = 1;
        return tape.Constant(new Shape(states.Length, size), rows);
    }
}

/// <summary>The policy as an agent.</summary>
sealed class FeedForwardAgent(Mlp network, int states, int actions) : Agent
{
    public override string Name => "feed-forward";

    public override Player CreatePlayer(TaskDistribution task, int lanes) => new Playing(network, states, actions);

    sealed class Playing(Mlp network, int states, int actions) : Player, IDisposable
    {
        readonly Tape tape = new(new Arena()) { Recording = false };
        ulong seed, firstTrial;

        public override void Begin(ulong seed, ulong firstTrial) => (this.seed, this.firstTrial) = (seed, firstTrial);

        public override void Act(in Percept percept, ActionSpan chosen)
        {
            tape.Reset();
            int[] seen = [.. percept.Observations.ToArray().Select(state => (int)state)];
            float[] policy = network.Forward(FeedForward.OneHot(tape, seen, states)).Softmax().ToArray();
            for (int lane = 0; lane < seen.Length; lane++)
            {
                var key = new RandomKey(seed, RandomPurpose.Agent, firstTrial + (ulong)lane);
                chosen[lane] = Policies.Distributions.Sample(
                    policy.AsSpan(lane * actions, actions), key.Uniform((uint)percept.Step));
            }
        }

        public void Dispose() => tape.Arena.Dispose();
    }
}
