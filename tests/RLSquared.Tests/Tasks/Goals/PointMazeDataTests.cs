using RLSquared.Datasets;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Tests.Tasks.Goals;

/// <summary>Recorded data have the properties that follow from the published policies.</summary>
public sealed class PointMazeDataTests
{
    static readonly PointMaze teleport = new(new PointMazeOptions { Size = PointMazeSize.Teleport });

    static GoalDataset Make(PointMaze maze, string kind, int trajectories, int rows = 0)
    {
        using var workers = new Workers(2);
        var options = new GoalDataOptions { Kind = kind, Trajectories = trajectories, Rows = rows, Seed = 4 };
        return maze.MakeData(options, workers);
    }

    static (double X, double Y) PlaceOf(GoalDataset data, int row) =>
        (data.ObservationOf(row)[0], data.ObservationOf(row)[1]);

    [Fact]
    public void Every_row_follows_from_the_one_before_by_a_step_of_the_maze()
    {
        PointMaze maze = new(new PointMazeOptions { Size = PointMazeSize.Large });
        foreach (string kind in (string[])["navigate", "stitch", "explore"])
        {
            GoalDataset data = Make(maze, kind, 20, 201);
            for (int row = 0; row < data.Rows; row++)
            {
                if (row == data.LastOf(row))
                    continue;
                (double x, double y) = PlaceOf(data, row);
                maze.Step(ref x, ref y, data.ActionOf(row).Numbers[0], data.ActionOf(row).Numbers[1]);
                (double thenX, double thenY) = PlaceOf(data, row + 1);
                Assert.Equal(x, thenX, 1e-5);
                Assert.Equal(y, thenY, 1e-5);
            }
        }
    }

    // Each of 26 cells is the start of 2000 / 26 = 77 ± 8.6 trajectories; beside its centre by up to 1 on each axis,
    // with a mean of 0 ± 0.013 and a mean square of 1/3 ± 0.0067.
    [Fact]
    public void Trajectories_begin_anywhere_near_the_centres_of_all_cells()
    {
        PointMaze maze = new();
        GoalDataset data = Make(maze, "navigate", 2000, 2);
        int[] starts = new int[64];
        (double sum, double squares) = (0, 0);
        for (int trajectory = 0; trajectory < 2000; trajectory++)
        {
            (double x, double y) = PlaceOf(data, data.Starts[trajectory]);
            int cell = maze.Map.CellOf(x, y);
            (double centreX, double centreY) = maze.Map.CentreOf(cell);
            starts[cell]++;
            Assert.InRange(Math.Max(Math.Abs(x - centreX), Math.Abs(y - centreY)), 0, 1);
            (sum, squares) = (sum + x - centreX, squares + (x - centreX) * (x - centreX));
        }
        Assert.All(maze.Map.FreeCells, cell => Assert.InRange(starts[cell], 77 - 40, 77 + 40));
        Assert.InRange(sum / 2000, -0.06, 0.06);
        Assert.InRange(squares / 2000, 1 / 3.0 - 0.03, 1 / 3.0 + 0.03);
    }

    [Fact]
    public void Data_that_navigate_cover_all_cells_and_go_on_to_goal_after_goal()
    {
        foreach (PointMazeSize size in Enum.GetValues<PointMazeSize>().Where(size => size != PointMazeSize.Teleport))
        {
            PointMaze maze = new(new PointMazeOptions { Size = size });
            GoalDataset data = Make(maze, "navigate", 60);
            var all = new HashSet<int>();
            int changes = 0, before = -1;
            for (int row = 0; row < data.Rows; row++)
            {
                (double x, double y) = PlaceOf(data, row);
                int cell = maze.Map.CellOf(x, y);
                changes += cell != before ? 1 : 0;
                all.Add(before = cell);
            }
            Assert.Equal(maze.Map.FreeCells.Count, all.Count);
            // Some 20 steps lead over a cell; noise at its edges counts a few changes twice.
            Assert.InRange((double)data.Rows / changes, 14, 25);
        }
    }

    [Fact]
    public void Data_to_be_stitched_end_four_cells_from_where_they_began_and_stay_there()
    {
        PointMaze maze = new(new PointMazeOptions { Size = PointMazeSize.Giant });
        GoalDataset data = Make(maze, "stitch", 200);
        int far = 0, staying = 0;
        for (int trajectory = 0; trajectory < 200; trajectory++)
        {
            int end = data.Starts[trajectory + 1] - 1;
            int first = CellOf(data.Starts[trajectory]), last = CellOf(end), earlier = CellOf(end - 20);
            far += maze.Map.Distance(first, last) == 4 ? 1 : 0;
            staying += earlier == last ? 1 : 0;
        }
        Assert.InRange(far, 190, 200);
        Assert.InRange(staying, 190, 200);

        int CellOf(int row) => maze.Map.CellOf(data.ObservationOf(row)[0], data.ObservationOf(row)[1]);
    }

    // A direction is kept for ten steps: two actions of the same ten have a correlation, two of different tens none.
    [Fact]
    public void Data_that_explore_change_their_direction_every_ten_steps()
    {
        GoalDataset data = Make(new PointMaze(), "explore", 200, 101);
        (double same, double other) = (0, 0);
        for (int trajectory = 0; trajectory < 200; trajectory++)
        {
            for (int t = data.Starts[trajectory]; t < data.Starts[trajectory] + 90; t += 10)
            {
                same += data.ActionOf(t).Numbers[0] * data.ActionOf(t + 9).Numbers[0];
                other += data.ActionOf(t + 9).Numbers[0] * data.ActionOf(t + 10).Numbers[0];
            }
        }
        Assert.InRange(same / 1800, 0.08, 0.3);
        Assert.InRange(other / 1800, -0.05, 0.05);
    }

    // Cell (1, 7) has no way out: whoever is there aims at its centre, so that the noise alone is what is not known.
    // Half of a normal noise is within 0.6745 deviations, whatever is clipped further out.
    [Fact]
    public void The_noise_of_actions_has_a_deviation_of_one_half()
    {
        GoalDataset data = Make(teleport, "navigate", 200, 501);
        int prison = teleport.Map.CellAt(1, 7);
        (double centreX, double centreY) = teleport.Map.CentreOf(prison);
        var noise = new List<double>();
        for (int row = 0; row < data.Rows; row++)
        {
            (double x, double y) = PlaceOf(data, row);
            double way = (centreX - x) / Math.Sqrt(Math.Pow(centreX - x, 2) + Math.Pow(centreY - y, 2));
            if (teleport.Map.CellOf(x, y) == prison && Math.Abs(way) < 0.3)
                noise.Add(Math.Abs(data.ActionOf(row).Numbers[0] - way));
        }
        noise.Sort();
        Assert.InRange(noise.Count, 2000, int.MaxValue);
        Assert.InRange(noise[noise.Count / 2] / 0.6745, 0.47, 0.53);
    }

    // The step that comes near a way in shows the place before the jump; the next begins at one of three ways out.
    [Fact]
    public void Portals_take_the_disc_to_each_way_out_in_a_third_of_all_cases()
    {
        GoalDataset data = Make(teleport, "navigate", 300, 501);
        int[] outs = new int[3];
        for (int row = 0; row < data.Rows; row++)
        {
            if (row == data.LastOf(row))
                continue;
            (double x, double y) = PlaceOf(data, row);
            bool isNear = teleport.Map.PortalsIn.Any(cell => DistanceTo(cell, x, y) <= 1.5);
            (double thenX, double thenY) = PlaceOf(data, row + 1);
            bool isFar = Math.Max(Math.Abs(thenX - x), Math.Abs(thenY - y)) > 0.3;
            Assert.False(isFar && !isNear);
            if (row == data.FirstOf(row) || !isNear)
                continue;
            int way = Enumerable.Range(0, 3).MinBy(i => DistanceTo(teleport.Map.PortalsOut[i], thenX, thenY));
            Assert.InRange(DistanceTo(teleport.Map.PortalsOut[way], thenX, thenY), 0, 0.2 * Math.Sqrt(2) + 1e-5);
            outs[way]++;
        }
        int all = outs.Sum();
        Assert.InRange(all, 150, int.MaxValue);
        Assert.All(outs, count => Assert.InRange((double)count / all, 0.25, 0.42));
    }

    static double DistanceTo(int cell, double x, double y)
    {
        (double centreX, double centreY) = teleport.Map.CentreOf(cell);
        return Math.Sqrt((centreX - x) * (centreX - x) + (centreY - y) * (centreY - y));
    }
}
