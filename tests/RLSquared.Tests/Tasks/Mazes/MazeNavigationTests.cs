using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tasks.Mazes;

namespace RLSquared.Tests.Tasks.Mazes;

public sealed class MazeNavigationTests
{
    const int Left = (int)MazeAction.Left, Right = (int)MazeAction.Right, Forward = (int)MazeAction.Forward;

    static readonly Maze corridor = Maze.Parse(0, "#####", "#S T#", "#####", "#   #", "#####");

    [Fact]
    public void Steps_cost_walls_cost_more_and_the_target_pays_and_ends_the_episode()
    {
        MazeLanes lanes = Begin(episodes: 2, horizon: 20);
        // A turn to the left and back; 29.7° to the right, a wall is touched at the second step and slid along: the
        // corridor leaves 6 units to each side of its middle, and a step goes 4 sideways.
        Assert.Equal(
            [-0.04f, -0.04f, -0.04f, -0.04f, -0.04f - 0.001f],
            Rewards(lanes, Left, Right, Right, Forward, Forward));
        Assert.Equal(new Pose(36 + 7 + 7, 36 + 4, 1), lanes.PoseOf(0));
        // 84 − 12 are near enough in the direction of x if the middle is not missed by much: 22 units are left.
        (float[] rewards, Endings[] endings) = Play(lanes, Left, Forward, Forward, Forward);
        Assert.Equal([-0.04f, -0.04f, -0.04f, 0.96f], rewards);
        Assert.Equal([Endings.None, Endings.None, Endings.None, Endings.Terminated], endings);
        Assert.Equal(corridor.Start, lanes.PoseOf(0));                                // where the next one begins
    }

    [Fact]
    public void An_episode_without_success_is_cut_and_the_last_one_ends_the_trial()
    {
        MazeLanes lanes = Begin(episodes: 2, horizon: 3);
        (float[] rewards, Endings[] endings) = Play(lanes, Left, Left, Left, Right, Right, Right, Forward, 77);
        Assert.Equal(
            [
                Endings.None, Endings.None, Endings.Truncated, Endings.None, Endings.None,
                Endings.Truncated | Endings.TrialEnded, Endings.TrialEnded, Endings.TrialEnded,
            ], endings);
        Assert.Equal([0, 0], rewards[6..]);
    }

    // From the start 5 steps bring 1 − 5 · 0.04 = 0.8. A step that leads nearer costs nothing, a turn the wrong way
    // what it and the turn back cost, 0.08, and its undoing nothing.
    [Fact]
    public void Regrets_say_what_a_step_cost_against_the_shortest_way()
    {
        MazeLanes lanes = Begin(episodes: 1, horizon: 20);
        float[] regret = new float[1];
        foreach ((int action, float expected) in new[]
            { (Left, 0.08f), (Right, 0), (Forward, 0), (Forward, 0), (Forward, 0), (Forward, 0), (Forward, 0) })
        {
            Play(lanes, action);
            lanes.Regrets(regret);
            Assert.Equal(expected, regret[0], 1e-5);
        }
        (_, Endings[] endings) = Play(lanes, Forward);
        Assert.Equal(Endings.TrialEnded, endings[0]);
        lanes.Regrets(regret);
        Assert.Equal(0, regret[0]);
    }

    [Fact]
    public void Regrets_of_an_episode_add_up_to_the_best_total_less_its_total()
    {
        MazeLanes lanes = new MazeNavigation(new() { Horizon = 60, Episodes = 1 }).CreateMazeLanes(16);
        float[] observations = new float[16 * 3600], rewards = new float[16], regrets = new float[16];
        float[] sums = new float[16], best = new float[16];
        var endings = new Endings[16];
        lanes.Begin(3, 0, observations);
        for (int i = 0; i < 16; i++)
            best[i] = 1 - 0.04f * MazeDistances.Of(lanes.MazeOf(i)).From(lanes.PoseOf(i));
        int[] actions = new int[16];
        for (int t = 0; t < 60; t++)
        {
            for (int i = 0; i < 16; i++)
                actions[i] = (i + t * (i % 5)) * 7 % 11 % 3;
            lanes.Step(actions, observations, rewards, endings);
            lanes.Regrets(regrets);
            for (int i = 0; i < 16; i++)
            {
                Assert.InRange(regrets[i], 0, 2);
                sums[i] += rewards[i] + regrets[i];
            }
        }
        for (int i = 0; i < 16; i++)
            Assert.Equal(best[i], sums[i], 1e-3);
    }

    [Fact]
    public void A_trial_does_not_depend_on_the_lane_that_plays_it()
    {
        var task = new MazeNavigation();
        MazeLanes wide = task.CreateMazeLanes(4), narrow = task.CreateMazeLanes(1);
        float[] ofWide = new float[4 * 3600], ofNarrow = new float[3600], rewards = new float[4];
        var endings = new Endings[4];
        wide.Begin(9, 100, ofWide);
        narrow.Begin(9, 102, ofNarrow);
        for (int t = 0; t < 20; t++)
        {
            Assert.Equal(ofWide[(2 * 3600)..(3 * 3600)], ofNarrow);
            wide.Step([0, 1, t % 4 == 0 ? 1 : 2, 2], ofWide, rewards, endings);
            narrow.Step([t % 4 == 0 ? 1 : 2], ofNarrow, rewards, endings);
        }
    }

    [Fact]
    public void Tests_go_through_the_stored_mazes_in_order()
    {
        MazeLanes lanes = new MazeNavigation(new() { Split = MazeSplit.Test }).CreateMazeLanes(2);
        lanes.Begin(1, 1999, new float[2 * 3600]);
        IReadOnlyList<Maze> set = MazeSets.Of(MazeSize.Small, MazeSplit.Test);
        Assert.Same(set[999], lanes.MazeOf(0));
        Assert.Same(set[0], lanes.MazeOf(1));
    }

    [Fact]
    public void Stepping_allocates_nothing()
    {
        MazeLanes lanes = new MazeNavigation().CreateMazeLanes(2);
        float[] observations = new float[2 * 3600], rewards = new float[2];
        var endings = new Endings[2];
        int[] actions = [Forward, Left];
        Play();                         // what the runtime allocates when code first runs is not the lanes'
        long before = GC.GetAllocatedBytesForCurrentThread();
        Play();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Play()
        {
            lanes.Begin(1, 2, observations);
            for (int t = 0; t < 10; t++)
            {
                lanes.Step(actions, observations, rewards, endings);
                lanes.Regrets(rewards);
            }
        }
    }

    [Theory]
    [InlineData("episodes=0", "episodes must be from 1 to 10000, but is 0")]
    [InlineData("horizon=-1", "horizon must be from 0 to 100000, but is -1")]
    [InlineData("size=huge", "size must be small or large, but is 'huge'")]
    [InlineData("split=tests", "split must be train or test, but is 'tests'; did you mean 'test'?")]
    public void Impossible_options_are_refused(string setting, string message)
    {
        var error = Assert.Throws<OptionException>(() => TaskCatalogue.Create("mazes", Assignment.Parse(setting)));
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void An_action_that_is_none_is_named()
    {
        string message = Assert.Throws<ArgumentOutOfRangeException>(() => Play(Begin(1, 9), 3)).Message;
        Assert.Contains("lane 0 takes action 3, but the actions are 0, 1 and 2", message, StringComparison.Ordinal);
    }

    static MazeLanes Begin(int episodes, int horizon)
    {
        MazeLanes lanes = new MazeNavigation(new() { Episodes = episodes, Horizon = horizon }).CreateMazeLanes(1);
        lanes.Begin(0, corridor, new float[3600]);
        return lanes;
    }

    static (float[] Rewards, Endings[] Endings) Play(MazeLanes lanes, params int[] actions)
    {
        float[] rewards = new float[actions.Length];
        var endings = new Endings[actions.Length];
        for (int t = 0; t < actions.Length; t++)
            lanes.Step(actions.AsSpan(t, 1), new float[3600], rewards.AsSpan(t, 1), endings.AsSpan(t, 1));
        return (rewards, endings);
    }

    static float[] Rewards(MazeLanes lanes, params int[] actions) => Play(lanes, actions).Rewards;
}
