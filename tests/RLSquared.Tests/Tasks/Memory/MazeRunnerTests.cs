using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks.Memory;

public sealed class MazeRunnerTests
{
    // Up, down, left, right.
    static readonly (int Row, int Column)[] directions = [(-1, 0), (1, 0), (0, -1), (0, 1)];

    [Theory]
    [InlineData(5)]
    [InlineData(15)]
    public void A_maze_is_a_tree_that_reaches_every_room(int size)
    {
        const int N = 50;
        var lanes = (MazeRunner.RunnerLanes)new MazeRunner(new() { Size = size }).CreateLanes(N);
        lanes.Begin(1, 0, new float[9 * N]);
        int rooms = size / 2 * (size / 2);
        HashSet<string> mazes = [];
        for (int lane = 0; lane < N; lane++)
        {
            (int Row, int Column)[] free = [.. Squares(size).Where(at => lanes.IsFree(lane, at.Row, at.Column))];
            Assert.Equal(2 * rooms - 1, free.Length);                   // a tree of rooms has one passage less
            Assert.Equal(free.Length, Reached(free, free[0]).Count);
            Assert.DoesNotContain(
                free, at => at.Row == 0 || at.Column == 0 || at.Row == size - 1 || at.Column == size - 1);
            mazes.Add(string.Join(' ', free));
        }
        Assert.InRange(mazes.Count, size == 5 ? 4 : N, N);              // 2 × 2 rooms have four trees
    }

    [Fact]
    public void The_shortest_way_to_each_goal_pays_one_and_the_last_goal_terminates()
    {
        var task = new MazeRunner(new() { Shuffled = false, Goals = 2, Episodes = 2 });
        var lanes = (MazeRunner.RunnerLanes)task.CreateLanes(1);
        float[] seen = new float[9], rewards = new float[1];
        var endings = new Endings[1];
        lanes.Begin(3, 7, seen);
        Assert.Equal(2, lanes.Best(0));
        for (int episode = 0; episode < 2; episode++)
        {
            float total = 0;
            for (int goal = 0; goal < 2; goal++)
            {
                Assert.Equal(1 - 0.5f * goal, seen[8]);
                foreach (int action in Way(lanes, Square(seen[4], seen[5]), Square(seen[6], seen[7])))
                {
                    Assert.Equal(Endings.None, endings[0] & Endings.EpisodeEnded & (goal == 0 ? 0 : ~Endings.None));
                    lanes.Step([action], seen, rewards, endings);
                    total += rewards[0];
                }
                Assert.Equal(goal + 1, total);
            }
            Assert.Equal(episode == 0 ? Endings.Terminated : Endings.Terminated | Endings.TrialEnded, endings[0]);
        }
    }

    [Fact]
    public void The_free_squares_are_counted_up_to_the_next_wall()
    {
        var lanes = (MazeRunner.RunnerLanes)new MazeRunner().CreateLanes(1);
        float[] seen = new float[9];
        for (ulong trial = 0; trial < 20; trial++)
        {
            lanes.Begin(1, trial, seen);
            (int row, int column) = Square(seen[4], seen[5]);
            for (int direction = 0; direction < 4; direction++)
            {
                (int r, int c) = directions[direction];
                int count = 0;
                while (lanes.IsFree(0, row + (count + 1) * r, column + (count + 1) * c))
                    count++;
                Assert.Equal((float)count / 15, seen[direction]);
            }
        }
    }

    // In a maze of one crossing of corridors, an action moves by the direction that it was dealt: the same in both
    // episodes of a trial, and not in all trials.
    [Fact]
    public void Actions_are_dealt_to_directions_for_a_trial()
    {
        var task = new MazeRunner(new() { Size = 5, Horizon = 4, Goals = 1, Episodes = 2 });
        Lanes lanes = task.CreateLanes(1);
        float[] seen = new float[9], rewards = new float[1];
        var endings = new Endings[1];
        HashSet<string> deals = [];
        for (ulong trial = 0; trial < 40; trial++)
        {
            string[] ways = ["", ""];
            for (int episode = 0; episode < 2; episode++)
            {
                if (episode == 0)
                    lanes.Begin(9, trial, seen);
                float[] start = [.. seen];
                for (int t = 0; t < 4; t++)
                {
                    lanes.Step([t], seen, rewards, endings);
                    if ((endings[0] & Endings.EpisodeEnded) != 0)
                        break;
                    ways[episode] += $"{seen[4] - start[4]:F1} {seen[5] - start[5]:F1}; ";
                }
                while ((endings[0] & Endings.EpisodeEnded) == 0)
                    lanes.Step([0], seen, rewards, endings);
            }
            Assert.Equal(ways[0], ways[1]);
            deals.Add(ways[0]);
        }
        Assert.InRange(deals.Count, 5, 40);
    }

    [Fact]
    public void A_hidden_goal_is_observed_as_no_place()
    {
        float[] seen = new float[9];
        new MazeRunner(new() { ShowsGoal = false }).CreateLanes(1).Begin(1, 0, seen);
        Assert.Equal((0f, 0f), (seen[6], seen[7]));
        Assert.NotEqual((0f, 0f), (seen[4], seen[5]));
    }

    [Fact]
    public void A_goal_that_the_horizon_does_not_reach_is_none_of_the_best()
    {
        var lanes = (MazeRunner.RunnerLanes)new MazeRunner(new() { Horizon = 1, Goals = 2 }).CreateLanes(100);
        lanes.Begin(1, 0, new float[900]);
        Assert.All(Enumerable.Range(0, 100), lane => Assert.Equal(0, lanes.Best(lane)));   // rooms are two steps apart
    }

    [Fact]
    public void An_even_size_is_refused() => Assert.Equal(
        "size 8 is even, and a maze has walls on both sides; 7 and 9 are odd",
        Assert.Throws<OptionException>(() => new MazeRunnerOptions { Size = 8 }).Message);

    static (int Row, int Column) Square(float row, float column) =>
        ((int)MathF.Round(row * 15), (int)MathF.Round(column * 15));

    static IEnumerable<(int Row, int Column)> Squares(int size) =>
        from row in Enumerable.Range(0, size) from column in Enumerable.Range(0, size) select (row, column);

    static HashSet<(int Row, int Column)> Reached((int Row, int Column)[] free, (int Row, int Column) from)
    {
        HashSet<(int Row, int Column)> all = [.. free], reached = [from];
        Queue<(int Row, int Column)> next = new([from]);
        while (next.TryDequeue(out var at))
        {
            foreach ((int row, int column) in directions)
            {
                if (all.Contains((at.Row + row, at.Column + column)) && reached.Add((at.Row + row, at.Column + column)))
                    next.Enqueue((at.Row + row, at.Column + column));
            }
        }
        return reached;
    }

    // The moves of the only way, depth first.
    static List<int> Way(
        MazeRunner.RunnerLanes lanes, (int Row, int Column) from, (int Row, int Column) to, int cameBy = -1)
    {
        if (from == to)
            return [];
        for (int direction = 0; direction < 4; direction++)
        {
            (int row, int column) = directions[direction];
            if (direction == (cameBy ^ 1) && cameBy >= 0 || !lanes.IsFree(0, from.Row + row, from.Column + column))
                continue;
            List<int> rest = Way(lanes, (from.Row + row, from.Column + column), to, direction);
            if (rest is not [-1])
                return [direction, .. rest];
        }
        return [-1];
    }
}
