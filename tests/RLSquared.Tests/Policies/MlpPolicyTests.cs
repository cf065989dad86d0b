using RLSquared.Agents;
using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Policies;

public sealed class MlpPolicyTests
{
    [Theory]
    [InlineData("mdps", false, 8)]
    [InlineData("plants", false, 8)]
    [InlineData("two-step", true, 8)]
    [InlineData("bandits", false, 9)]
    public void Acting_and_learning_see_the_same_to_the_last_bit(string name, bool history, int hidden)
    {
        TaskDistribution task = TaskCatalogue.Create(name);
        using var workers = new Workers(1);
        using var policy = Policy.FeedForward(
            task.Spaces, new() { Hidden = hidden, History = history, TimeToGo = history }, seed: 3);
        using var collector = new Collector(task, policy, 12, 2, 3, seed: 5, 1, keepsRegrets: false, workers);
        collector.Play(0);

        Tape tape = collector.Shards[0].Tape;
        tape.Reset();
        var batch = new TrialBatch(collector.Rollout, [1, 4, 7, 8, 11], tape);
        (PolicyDistribution now, Tensor values) = policy.Forward(tape, batch.Input(policy));
        Tensor ratio = (now.LogProbability(batch.Taken()) - batch.Pick(collector.Rollout.LogProbabilities)).Exp();
        float[] active = batch.Pick(collector.Rollout.Active).ToArray();
        Assert.All(ratio.ToArray().Where((_, step) => active[step] != 0), one => Assert.Equal(1, one));
        Assert.Equal(new Shape(batch.T, 5, 1), values.Shape);
        Assert.Equal(values.ToArray(), policy.Values(tape, batch.Input(policy)).ToArray());
    }

    [Fact]
    public void It_decides_by_the_present_state_alone()
    {
        TaskDistribution task = TaskCatalogue.Create("mdps");
        using var policy = Policy.FeedForward(task.Spaces, new() { Hidden = 8 }, seed: 1);
        Assert.False(policy.Remembers);
        Assert.Equal((task.Observation.Size, 0), (policy.Row.OneHotWidth, policy.Row.DenseWidth));
        using var player = new PolicyPlayer(policy, 2);
        player.Begin(1, 0);
        float[] first = [.. Act(player, 0, [3, 4])], later = [.. Act(player, 7, [4, 3])];
        int A = task.Actions;
        Assert.Equal(first[..A], later[A..]);
        Assert.Equal(first[A..], later[..A]);
        Assert.NotEqual(first[..A], first[A..]);

        static ReadOnlySpan<float> Act(PolicyPlayer player, int step, float[] states)
        {
            player.Act(new Percept
            {
                Step = step,
                Observations = states,
                PreviousActions = new ReadOnlyActionSpan([step % 2, 0], []),
                PreviousRewards = [step, 0],
                PreviousEndings = [Endings.None, Endings.None],
            }, new ActionBuffer(TaskCatalogue.Create("mdps").Action, 2).Span);
            return player.ActionProbabilities;
        }
    }

    [Fact]
    public void Where_there_is_nothing_to_see_it_learns_how_likely_each_action_is()
    {
        using var policy = Policy.FeedForward(new BernoulliBandits().Spaces, new() { Hidden = 4, Layers = 1 }, 1);
        Assert.True(policy.Row.IsConstant);
        Assert.Equal(
            ["policy.0.weight", "policy.0.bias", "policy.head.weight", "policy.head.bias", "value.0.weight",
                "value.0.bias", "value.head.weight", "value.head.bias"],
            policy.Parameters.All.Select(parameter => parameter.Name));
    }

    [Fact]
    public void First_weights_are_orthogonal_and_the_first_policy_nearly_uniform()
    {
        var spaces = TaskDistribution.FromEnvironment("line", ObservationSpace.Vector(6), 3, 1, 5,
            () => throw new InvalidOperationException()).Spaces;
        using var policy = Policy.FeedForward(spaces, new() { Hidden = 16, Shared = true }, seed: 2);
        float[] second = policy.Parameters.All.Single(parameter => parameter.Name == "policy.1.weight").Value.ToArray();
        for (int a = 0; a < 16; a++)
        {
            for (int b = 0; b < 16; b++)
            {
                float product = 0;
                for (int row = 0; row < 16; row++)
                    product += second[row * 16 + a] * second[row * 16 + b];
                Assert.Equal(a == b ? 2 : 0, product, 1e-5f);                               // (√2)² on the diagonal
            }
        }
        Assert.DoesNotContain(policy.Parameters.All, parameter => parameter.Name == "value.0.weight");
        using var tape = new Arena();
        var input = new PolicyInput
        {
            Rows = new SequenceInput(1, 2, new Tape(tape).Constant(new Shape(1, 2, 6), new float[12].Select(
                (_, i) => (float)i).ToArray())),
        };
        float[] logProbs = policy.Distribution(input.Rows.Dense.Tape!, in input).LogProbs.ToArray();
        Assert.All(logProbs, logProb => Assert.InRange(logProb, MathF.Log(0.3f), MathF.Log(0.37f)));
    }

    [Fact]
    public void An_image_is_refused_with_what_would_be_right()
    {
        TaskDistribution maze = TaskCatalogue.Create("mazes");
        Assert.Contains("use a recurrent policy", Assert.Throws<OptionException>(
            () => Policy.FeedForward(maze.Spaces, new(), 1)).Message, StringComparison.Ordinal);
    }
}
