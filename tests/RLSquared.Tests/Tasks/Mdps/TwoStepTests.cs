using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks;

public sealed class TwoStepTests
{
    /// <summary>What random play meets in 2,000 trials of ten rounds.</summary>
    static Transcript Random(TwoStepOptions options) =>
        Transcript.Of(new TwoStep(options), new RandomAgent(), 2000, seed: 1);

    [Fact]
    public void A_choice_leads_to_its_own_state_three_times_in_four()
    {
        Transcript played = Random(new() { Rounds = 10 });
        int own = 0, rounds = 0;
        for (int first = 0; first < played.T * played.N; first += 2 * played.N)
        {
            for (int i = first; i < first + played.N; i++, rounds++)
            {
                Assert.Equal(0, played.Observations[i]);
                Assert.Equal(0, played.Rewards[i]);
                own += played.Observations[i + played.N] == played.Actions[i] + 1 ? 1 : 0;
            }
        }
        Assert.InRange(own / (double)rounds, 0.735, 0.765);         // standard error .003
    }

    [Fact]
    public void A_round_is_an_episode_of_two_steps()
    {
        Transcript played = Transcript.Of(new TwoStep(new() { Rounds = 2 }), new RandomAgent(), 1, 1);
        Assert.Equal(
            [Endings.None, Endings.Terminated, Endings.None, Endings.Terminated | Endings.TrialEnded], played.Endings);
    }

    [Fact]
    public void One_state_pays_nine_times_in_ten_and_the_other_once()
    {
        Transcript played = Random(new() { Rounds = 10 });
        double[] good = new double[2], poor = new double[2];        // paid, visits
        for (int lane = 0; lane < played.N; lane++)
        {
            int better = BetterState(played, lane);
            for (int t = 1; t < played.T; t += 2)
            {
                int i = t * played.N + lane;
                double[] state = (int)played.Observations[i] == better ? good : poor;
                state[0] += played.Rewards[i];
                state[1]++;
            }
        }
        Assert.InRange(good[0] / good[1], 0.885, 0.915);            // standard error .003
        Assert.InRange(poor[0] / poor[1], 0.085, 0.115);
    }

    [Fact]
    public void The_wrong_choice_costs_what_it_loses_on_average_and_the_second_stage_nothing()
    {
        // .7 of the rounds pay after the right choice (.75·.9 + .25·.1) and .3 after the wrong one.
        Transcript played = Random(new() { Rounds = 10 });
        for (int i = 0; i < played.Regrets.Length; i++)
        {
            bool firstStage = i / played.N % 2 == 0;
            Assert.True(played.Regrets[i] == 0 || (firstStage && Math.Abs(played.Regrets[i] - 0.4f) < 1e-6f));
        }
        // In expectation reward and regret add up to the known value: 7 for ten rounds; standard error .033.
        Assert.Equal(7, new TwoStep(new() { Rounds = 10 }).KnownValue, 1e-9);
        Assert.InRange(played.MeanReturn + played.MeanRegret, 6.87, 7.13);
    }

    [Fact]
    public void A_reversal_makes_the_better_state_the_worse_one()
    {
        // With reversal 1 the better state changes after every round: the regret of choosing 0 alternates.
        var task = new TwoStep(new() { Rounds = 6, Reversal = 1 });
        Lanes lanes = task.CreateLanes(1);
        lanes.Begin(1, 0, new float[1]);
        List<bool> wrong = [];
        float[] regret = new float[1];
        for (int t = 0; t < 12; t++)
        {
            lanes.Step([0], new float[1], new float[1], new Endings[1]);
            lanes.Regrets(regret);
            if (t % 2 == 0)
                wrong.Add(regret[0] > 0);
        }
        Assert.All(wrong.Zip(wrong.Skip(1)), pair => Assert.NotEqual(pair.First, pair.Second));
    }

    [Fact]
    public void A_round_has_the_same_luck_whoever_plays()
    {
        // Choosing 0 in one game and 1 in the other: the transitions of a round are both common or both rare.
        var task = new TwoStep(new() { Rounds = 30 });
        Lanes zero = task.CreateLanes(1), three = task.CreateLanes(3);
        float[] seen = new float[1], others = new float[3];
        zero.Begin(1, 12, seen);
        three.Begin(1, 10, others);
        for (int t = 0; t < 60; t++)
        {
            zero.Step([0], seen, new float[1], new Endings[1]);
            three.Step([0, 1, 1], others, new float[3], new Endings[3]);
            Assert.Equal(t % 2 == 0 ? 3 - seen[0] : 0, others[2]);
        }
    }

    [Fact]
    public void Playing_allocates_nothing_and_ends_when_the_rounds_do()
    {
        const int N = 8;
        Lanes lanes = new TwoStep().CreateLanes(N);
        int[] actions = new int[N];
        float[] rewards = new float[N], observations = new float[N];
        var endings = new Endings[N];
        PlayOne();
        long before = GC.GetAllocatedBytesForCurrentThread();
        PlayOne();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        var error = Assert.Throws<InvalidOperationException>(
            () => lanes.Step(actions, observations, rewards, endings));
        Assert.Equal("a trial has 50 rounds and all are done; begin the next trial", error.Message);

        void PlayOne()
        {
            lanes.Begin(1, 0, observations);
            for (int t = 0; t < 100; t++)
                lanes.Step(actions, observations, rewards, endings);
        }
    }

    [Fact]
    public void An_action_that_is_not_there_is_named_with_its_lane()
    {
        Lanes lanes = new TwoStep().CreateLanes(2);
        lanes.Begin(1, 0, new float[2]);
        var error = Assert.Throws<ArgumentOutOfRangeException>(
            () => lanes.Step([0, 2], new float[2], new float[2], new Endings[2]));
        Assert.StartsWith(
            "lane 1 takes action 2, but the actions are 0 and 1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rounds=0", "rounds must be from 1 to 1000000, but is 0")]
    [InlineData("common=0.4", "common must be from 0.5 to 1, but is 0.4")]
    [InlineData("pays=1.1", "pays must be from 0.5 to 1, but is 1.1")]
    [InlineData("reversal=-1", "reversal must be from 0 to 1, but is -1")]
    [InlineData("pulls=5", "there is no option 'pulls'; the task two-step has rounds, common, pays, reversal")]
    public void Impossible_options_are_refused(string setting, string message)
    {
        var error = Assert.Throws<OptionException>(() => TaskCatalogue.Create("two-step", Assignment.Parse(setting)));
        Assert.Equal(message, error.Message);
    }

    // The state that is better in a trial, from what its first-stage choices cost.
    static int BetterState(Transcript played, int lane)
    {
        int own = played.Actions[lane] + 1;
        return played.Regrets[lane] == 0 ? own : 3 - own;
    }
}
