using System.Text.Json;
using System.Xml.Linq;
using RLSquared.Algorithms;
using RLSquared.Cli.Films;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Cli.Tests.Films;

/// <summary>The picture of what was learned of a goal, by a policy that knows the maze, and from a run.</summary>
public sealed class MazeFieldTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    // Knows the plan: near is what few cells lie between, and the policy is that which records the data.
    sealed class Knowing(PointMaze maze) : IGoalPolicy
    {
        public GoalInput Input { get; } = new(maze.MakeData(new() { Trajectories = 1, Rows = 2 }));

        public Func<Tensor, Tensor, Tensor>? Nearness => (states, goals) =>
        {
            float[] from = states.ToArray(), to = goals.ToArray();
            float[] near = [.. Enumerable.Range(0, states.Shape.Rows).Select(n => (float)-maze.Map.Distance(
                maze.Map.CellOf(from[2 * n], from[2 * n + 1]), maze.Map.CellOf(to[2 * n], to[2 * n + 1])))];
            return states.Tape!.Constant(new Shape(near.Length, 1), near);
        };

        public GoalAct Act(int lanes) => (in GoalPercept percept, ActionSpan actions) =>
        {
            for (int lane = 0; lane < percept.Lanes; lane++)
            {
                maze.ActKnowing(percept.Observations.Slice(2 * lane, 2), percept.Goals.Slice(2 * lane, 2),
                    actions.Numbers.Slice(2 * lane, 2));
            }
        };
    }

    // The first pair of the medium maze is ten cells apart: its middle is five cells from both ends.
    [Fact]
    public void The_way_leads_to_the_goal_and_subgoals_split_it_in_halves()
    {
        var maze = new PointMaze();
        var field = new MazeField(maze, new Knowing(maze), task: 0, seed: 1);
        Assert.True(field.Reached);
        Assert.InRange(field.Way.Count, 150, 300);
        (int start, int goal) = maze.Map.Evaluations[0];
        int[] cells = [.. field.Subgoals.Select(place => maze.Map.CellOf(place.X, place.Y))];
        Assert.Equal(5, maze.Map.Distance(start, cells[1]));
        Assert.Equal(5, maze.Map.Distance(cells[1], goal));
        Assert.InRange(maze.Map.Distance(start, cells[0]), 2, 3);
        Assert.InRange(maze.Map.Distance(cells[2], goal), 2, 3);
        Assert.Equal(16 * maze.Map.FreeCells.Count, field.Values.Count);

        XElement svg = XElement.Parse(field.ToSvg("a < b"));
        Assert.Equal("a < b", svg.Elements().First().Value);
        Assert.Equal(1 + field.Values.Count, svg.Elements().Count(part => part.Name.LocalName == "rect"));
        Assert.Equal(field.Way.Count,
            ((string)svg.Elements().Single(part => part.Name.LocalName == "polyline").Attribute("points")!)
                .Split(' ').Length);
    }

    [Fact]
    public void A_run_in_a_maze_draws_each_of_its_goals()
    {
        string[] small = ["trajectories=20", "rows=51", "hidden=8", "layers=1", "batch=16", "updates=10", "probes=0",
            "landmarks=20"];
        Result trained = command.Run(["train", "point-maze", "--set", .. small, "--budget", "20", "--run",
            command.At("maze"), "--instances", "5", "--threads", "1", "--quiet"]);
        Assert.True(trained.Code == 0, trained.Error);
        Result drawn = command.Run(
            "plot", command.At("maze"), "--goal", "2", "--output", command.At("field.svg"), "--json");
        Assert.True(drawn.Code == 0, drawn.Error);
        JsonElement said = JsonDocument.Parse(drawn.Output).RootElement;
        Assert.Equal("cell (6, 1) to (1, 6)", said.GetProperty("task").GetString());
        Assert.Equal(3, said.GetProperty("subgoals").GetArrayLength());
        Assert.StartsWith("<svg", File.ReadAllText(command.At("field.svg")), StringComparison.Ordinal);

        Result wrong = command.Run("plot", command.At("maze"), "--goal", "6", "--output", command.At("field.svg"));
        Assert.Equal(2, wrong.Code);
        Assert.Contains("point-maze has goals 1 to 5, but --goal is 6", wrong.Error, StringComparison.Ordinal);
        Result picture = command.Run("plot", command.At("maze"), "--goal", "1", "--output", command.At("field.png"));
        Assert.Contains("ends in .svg", picture.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_without_values_or_without_a_maze_are_refused_in_a_sentence()
    {
        string[] small = ["hidden=8", "layers=1", "batch=16", "updates=10", "probes=0"];
        command.Run(["train", "point-maze", "--algorithm", "gcbc", "--set", "trajectories=5", "rows=21", .. small,
            "--budget", "10", "--run", command.At("copy"), "--instances", "5", "--threads", "1", "--quiet"]);
        Assert.Contains("no values to draw", command.Run("plot", command.At("copy"), "--goal", "1").Error,
            StringComparison.Ordinal);
        command.Run(["train", "grid-goals", "--set", .. small,
            "--budget", "10", "--run", command.At("grid"), "--instances", "5", "--threads", "1", "--quiet"]);
        Assert.Contains("--goal draws runs in point-maze alone, and this one is in grid-goals",
            command.Run("plot", command.At("grid"), "--goal", "1").Error, StringComparison.Ordinal);
    }
}
