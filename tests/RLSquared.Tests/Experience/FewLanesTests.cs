using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Experience;

/// <summary>Tasks with fewer lanes than trials: played in rounds, and begun again where one was lost.</summary>
public sealed class FewLanesTests
{
    static readonly Rl2Options options = new()
    {
        Network = new() { Hidden = 8 },
        Trials = 64,
        Minibatch = 32,
        Shards = 2,
    };

    [Theory]
    [InlineData(8, 0)]
    [InlineData(16, 0)]
    [InlineData(8, 7)]
    public void Rounds_bring_the_same_bits_as_all_trials_at_once(int lanes, int lossesEvery) =>
        Assert.Equal(Train(int.MaxValue, 0), Train(lanes, lossesEvery));

    [Fact]
    public void An_evaluation_in_rounds_with_losses_has_the_figures_of_one_without()
    {
        Assert.Equal(Evaluate(int.MaxValue, 0), Evaluate(6, 7));

        static double[] Evaluate(int lanes, int lossesEvery)
        {
            var task = new FewLanes(lanes, lossesEvery);
            using var workers = new Workers(1);
            using var rl2 = new Rl2(task, Rl2Options.For(task), seed: 1, workers);
            EvaluationResult result = Evaluator.Run(task, [rl2.Agent], new() { Instances = 50, Threads = 2 });
            return result.Agents[0].Totals.ToArray();
        }
    }

    [Fact]
    public void Trials_that_cannot_be_played_in_whole_rounds_are_refused()
    {
        using var workers = new Workers(1);
        var error = Assert.Throws<OptionException>(() => new Rl2(new FewLanes(12, 0), options, seed: 1, workers));
        Assert.Equal("64 trials in 2 shards are 32 for each, and 12 lanes cannot play these in whole rounds; " +
            "trials=72 can", error.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(100)]
    public void The_default_options_suit_any_number_of_lanes(int lanes)
    {
        var task = new FewLanes(lanes, 0);
        using var workers = new Workers(1);
        new Rl2(task, Rl2Options.For(task), seed: 1, workers).Dispose();
        new Rl2Trpo(task, Rl2TrpoOptions.For(task), seed: 1, workers).Dispose();
    }

    static byte[] Train(int lanes, int lossesEvery)
    {
        using var workers = new Workers(2);
        using var rl2 = new Rl2(new FewLanes(lanes, lossesEvery), options, seed: 3, workers);
        for (int i = 0; i < 3; i++)
            rl2.Iterate(0);
        Assert.Equal(3 * 64 * 5, rl2.Steps);
        return [.. StateList.Of(rl2).Tensors.SelectMany(entry => entry.Tensor.ToArray())
            .SelectMany(BitConverter.GetBytes)];
    }

    /// <summary>Bandits of five pulls, of which a limited number can be played at once.</summary>
    sealed class FewLanes(int lanes, int lossesEvery) : TaskDistribution
    {
        readonly BernoulliBandits bandits = new(new() { Arms = 3, Pulls = 5 });

        public override string Name => "few-lanes";
        public override ObservationSpace Observation => bandits.Observation;
        public override ActionSpace Action => bandits.Action;
        public override int TrialLength => bandits.TrialLength;
        public override int MaxLanes => lanes;
        public override Lanes CreateLanes(int count)
        {
            Assert.InRange(count, 1, lanes);
            return new Flaky(bandits.CreateLanes(count), lossesEvery);
        }
    }

    /// <summary>Lanes of which every so many steps, once each, a game is lost.</summary>
    sealed class Flaky(Lanes lanes, int lossesEvery) : Lanes
    {
        int steps;

        public override int Count => lanes.Count;

        public override void Begin(ulong seed, ulong firstTrial, Span<float> observations) =>
            lanes.Begin(seed, firstTrial, observations);

        public override void Step(
            ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
        {
            if (lossesEvery > 0 && ++steps % lossesEvery == 0)
                throw new TrialsInterruptedException("a game was lost", new IOException());
            lanes.Step(actions, observations, rewards, endings);
        }
    }
}
