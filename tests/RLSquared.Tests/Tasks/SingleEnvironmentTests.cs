using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Tasks;

public sealed class SingleEnvironmentTests
{
    // Counts its steps. Action 1 ends the episode; the reward is the action; the observation is (task, steps so far).
    sealed class Counter : SingleEnvironment
    {
        int task, steps;

        public override void BeginTrial(ref RandomSequence random) => task = random.NextInt(1000) + 1;

        public override void Reset(ref RandomSequence random, Span<float> observation) => Show(steps = 0, observation);

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            Show(++steps, observation);
            int chosen = action[0];
            return new StepResult(chosen, Terminated: chosen == 1, Truncated: chosen == 3);
        }

        void Show(int count, Span<float> observation) => (observation[0], observation[1]) = (task, count);
    }

    readonly TaskDistribution task = TaskDistribution.FromEnvironment(
        "counter", ObservationSpace.Vector(2), actions: 4, episodes: 2, maxStepsPerEpisode: 3, () => new Counter());

    [Fact]
    public void A_trial_lasts_at_most_all_episodes_at_their_longest() => Assert.Equal(6, task.TrialLength);

    [Fact]
    public void Termination_and_truncation_are_told_apart_and_the_last_episode_ends_the_trial()
    {
        // Lane 0 ends both episodes by itself, after 2 and 1 steps, lane 1 never (3 and 3), lane 2 says it cut its
        // first.
        int[][] actions = [[0, 0, 3], [1, 0, 0], [1, 0, 0], [0, 0, 0], [1, 0, 1], [3, 0, 0]];
        (Endings[] endings, float[] rewards, float[] steps)[] expected =
        [
            ([Endings.None, Endings.None, Endings.Truncated], [0, 0, 3], [1, 1, 0]),
            ([Endings.Terminated, Endings.None, Endings.None], [1, 0, 0], [0, 2, 1]),
            ([Endings.Terminated | Endings.TrialEnded, Endings.Truncated, Endings.None], [1, 0, 0], [0, 0, 2]),
            ([Endings.TrialEnded, Endings.None, Endings.Truncated | Endings.TrialEnded], [0, 0, 0], [0, 1, 0]),
            ([Endings.TrialEnded, Endings.None, Endings.TrialEnded], [0, 0, 0], [0, 2, 0]),
            ([Endings.TrialEnded, Endings.Truncated | Endings.TrialEnded, Endings.TrialEnded], [0, 0, 0], [0, 0, 0]),
        ];
        Lanes lanes = task.CreateLanes(3);
        float[] observations = new float[6], rewards = new float[3];
        var endings = new Endings[3];
        lanes.Begin(1, 0, observations);
        float[] tasks = [observations[0], observations[2], observations[4]];
        for (int t = 0; t < 6; t++)
        {
            lanes.Step(actions[t], observations, rewards, endings);
            Assert.Equal(expected[t].endings, endings);
            Assert.Equal(expected[t].rewards, rewards);
            Assert.Equal(expected[t].steps, new[] { observations[1], observations[3], observations[5] });
            for (int lane = 0; lane < 3; lane++)        // the task stays for the whole trial, then the row is empty
                Assert.Equal(endings[lane].HasFlag(Endings.TrialEnded) ? 0 : tasks[lane], observations[2 * lane]);
        }
    }

    [Fact]
    public void A_trial_is_the_same_in_every_lane_and_another_trial_is_another_task()
    {
        Lanes wide = task.CreateLanes(4), narrow = task.CreateLanes(1);
        float[] observations = new float[8], observation = new float[2];
        wide.Begin(1, firstTrial: 10, observations);
        narrow.Begin(1, firstTrial: 12, observation);
        Assert.Equal(observations[4], observation[0]);
        float[] tasks = [observations[0], observations[2], observations[4], observations[6]];
        Assert.Equal(4, tasks.Distinct().Count());
    }

    [Fact]
    public void Impossible_sizes_are_refused()
    {
        var error = Assert.Throws<OptionException>(() => TaskDistribution.FromEnvironment(
            "counter", ObservationSpace.Vector(2), actions: 4, episodes: 0, maxStepsPerEpisode: 3,
            () => new Counter()));
        Assert.Equal("episodes must be at least 1, but is 0", error.Message);
    }
}
