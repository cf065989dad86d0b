using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Evaluation;

public sealed class EffectiveLearningRateTests
{
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.3)]
    [InlineData(0.7)]
    public void The_rate_of_a_learner_with_a_fixed_rate_is_found(double alpha)
    {
        Transcript played = Transcript.Of(new RestlessBandit(), new Matching(alpha), 300, 1);
        Assert.InRange(EffectiveLearningRate.Of(played), alpha - 0.03, alpha + 0.03);
    }

    [Fact]
    public void Nothing_can_be_said_of_who_never_changes()
    {
        Transcript played = Transcript.Of(new RestlessBandit(), new Always(), 3, 1);
        var error = Assert.Throws<ArgumentException>(() => EffectiveLearningRate.Of(played));
        Assert.StartsWith(
            "every pull was of the same arm, which says nothing of learning", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_transcript_is_what_an_evaluation_plays()
    {
        var task = new RestlessBandit(new() { Pulls = 10 });
        Transcript played = Transcript.Of(task, new Greedy(), 40, seed: 2);
        EvaluationResult result = Evaluator.Run(
            task, [new Greedy()], new() { Instances = 40, Seed = 2, Lanes = 7, Threads = 1 });
        Assert.Equal(result.Agents[0].Score.Mean, played.MeanReturn, 1e-9);
        Assert.Equal((10, 40, 400), (played.T, played.N, played.Actions.Length));
    }

    /// <summary>Pulls the first arm with the probability V that it has learned at a fixed rate.</summary>
    sealed class Matching(double alpha) : Agent
    {
        public override string Name => "matching";

        public override Player CreatePlayer(TaskDistribution task, int lanes) => new Memory(alpha, lanes);

        sealed class Memory(double alpha, int lanes) : Player
        {
            readonly double[] estimates = new double[lanes];

            public override void Begin(ulong seed, ulong firstTrial) => Array.Fill(estimates, 0.5);

            public override void Act(in Percept percept, ActionSpan actions)
            {
                for (int lane = 0; lane < lanes; lane++)
                {
                    bool forFirst = (percept.PreviousActions[lane] == 0) == (percept.PreviousRewards[lane] > 0);
                    if (percept.Step > 0)
                        estimates[lane] += alpha * ((forFirst ? 1 : 0) - estimates[lane]);
                    float u = new RandomKey(9, RandomPurpose.Other, (ulong)lane).Uniform((uint)percept.Step);
                    actions[lane] = u < estimates[lane] ? 0 : 1;
                }
            }
        }
    }

    sealed class Always : Agent
    {
        public override string Name => "always";

        public override Player CreatePlayer(TaskDistribution task, int lanes) => new First();

        sealed class First : Player
        {
            public override void Begin(ulong seed, ulong firstTrial)
            {
            }

            public override void Act(in Percept percept, ActionSpan actions) => actions.Choices.Clear();
        }
    }
}
