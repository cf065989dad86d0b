using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Tasks;
using RLSquared.Tests.Tasks.Control;

namespace RLSquared.Tests.Tasks.Worlds;

public sealed class MovementBanditsTests
{
    // The reference returns of an independent simulation over 40,000 episodes: 43.8 for who knows the goal, 23.1 for
    // who always goes to goal 0, 2.4 at random.
    [Fact]
    public void References_earn_what_an_independent_simulation_says()
    {
        var task = new MovementBandits();
        Assert.Equal(43.8, ControlPlay.Totals(task, "goal-walker", 4000).Average(), 0.4);
        Assert.Equal(2.4, ControlPlay.Totals(task, "random", 4000).Average(), 0.4);
        double first = Evaluator.Run(task, [new GoalWalker(0)], new() { Instances = 4000 })
            .Agents[0].Score.Mean;
        Assert.Equal(23.1, first, 1.2);
    }

    [Fact]
    public void The_goal_of_a_task_can_be_fixed()
    {
        foreach (int goal in (int[])[0, 1])
            Assert.Equal(goal, new MovementBandits(new() { Goal = goal }).GoalOf(1, 5));
        var drawn = new MovementBandits();
        Assert.InRange(Enumerable.Range(0, 1000).Average(trial => drawn.GoalOf(1, (ulong)trial)), 0.45, 0.55);
    }
}

public sealed class FourRoomsTests
{
    [Fact]
    public void Goals_anywhere_are_all_cells_but_the_start_and_the_unseen_one()
    {
        var task = new FourRooms(new() { Anywhere = true, Unseen = 103 });
        int[] goals = [.. Enumerable.Range(0, 5000).Select(trial => task.GoalOf(1, (ulong)trial)).Distinct().Order()];
        Assert.Equal(Enumerable.Range(0, FourRooms.Cells).Where(cell => cell is not (FourRooms.Start or 103)), goals);
    }

    // Known from an independent dynamic programme: 97.2, 37.3, 37.9 and 94.5 of 100; and at random 1.7 to 2.1.
    [Theory]
    [InlineData(68, 97.2, 1.9)]
    [InlineData(80, 37.3, 2.1)]
    [InlineData(90, 37.9, 1.7)]
    [InlineData(103, 94.5, 1.8)]
    public void The_best_return_of_each_goal_is_what_an_independent_programme_found(
        int goal, double best, double random)
    {
        var task = new FourRooms(new() { Goal = goal });
        Assert.Equal(best, task.BestReturn(goal), 0.05);
        Assert.Equal(random, ControlPlay.Totals(task, "random", 2000).Average(), 0.5);
    }

    [Fact]
    public void A_goal_that_is_not_a_cell_is_refused() => Assert.Equal(
        "goal must be from -1 to 103, but is 104",
        Assert.Throws<OptionException>(() => new FourRoomsOptions { Goal = 104 }).Message);
}

public sealed class GridMazesTests
{
    // Someone who sees the whole maze; the tests' own search, from what lanes show one step at a time.
    [Fact]
    public void The_window_tells_the_truth_about_walls()
    {
        var task = new GridMazes(new() { Size = 8, Horizon = 100, Episodes = 1 });
        Lanes lanes = task.CreateLanes(40);
        float[] seen = new float[40 * 9], before = new float[40 * 9], rewards = new float[40];
        var endings = new Endings[40];
        int[] actions = new int[40], ahead = [1, 7, 3, 5];
        lanes.Begin(2, 0, seen);
        for (int t = 0; t < 60; t++)
        {
            for (int lane = 0; lane < 40; lane++)
                actions[lane] = (int)(new Tensors.Random.RandomKey(4, 6, (ulong)lane).Uniform((uint)t) * 4);
            seen.CopyTo(before, 0);
            lanes.Step(actions, seen, rewards, endings);
            for (int lane = 0; lane < 40; lane++)
            {
                if ((endings[lane] & Endings.TrialEnded) != 0)
                    continue;
                bool wall = before[lane * 9 + ahead[actions[lane]]] == 1;
                Assert.Equal(wall ? -0.011f : -0.01f, rewards[lane], 1e-6f);
                Assert.Equal(0, seen[lane * 9 + 4]);
                if (wall)
                    Assert.Equal(before[(lane * 9)..(lane * 9 + 9)], seen[(lane * 9)..(lane * 9 + 9)]);
            }
        }
    }

    [Fact]
    public void Mazes_of_two_sets_differ_and_those_of_one_repeat()
    {
        var train = new GridMazes(new() { Mazes = 4 });
        var test = new GridMazes(new() { Mazes = 4, First = 4 });
        float[] First(TaskDistribution task, ulong seed, ulong trial)
        {
            float[] all = new float[9 * 4];
            task.CreateLanes(4).Begin(seed, trial, all);
            return all;
        }
        Assert.Equal(First(train, 1, 0), First(train, 2, 8));
        Assert.NotEqual(First(train, 1, 0), First(test, 1, 0));
    }

    // On an open field with goals at most one step away, one of four moves earns 1 − 1/T.
    [Fact]
    public void Reaching_the_goal_at_once_earns_one_less_one_step()
    {
        var task = new GridMazes(new() { Walls = 0, Distance = 1, Episodes = 1, Horizon = 10 });
        int reached = 0;
        for (int action = 0; action < 4; action++)
        {
            Lanes lanes = task.CreateLanes(50);
            float[] rewards = new float[50];
            var endings = new Endings[50];
            lanes.Begin(1, 0, new float[450]);
            int[] actions = new int[50];
            Array.Fill(actions, action);
            lanes.Step(actions, new float[450], rewards, endings);
            foreach (int lane in Enumerable.Range(0, 50).Where(lane => endings[lane] != Endings.None))
            {
                Assert.Equal((Endings.Terminated | Endings.TrialEnded, 0.9f), (endings[lane], rewards[lane]));
                reached++;
            }
        }
        Assert.Equal(50, reached);
        Assert.Equal(0.9, Evaluator.Run(
            task, [new RandomAgent()], new() { Instances = 20 }).Ceiling!.Score.Mean, 1e-6);
    }
}
