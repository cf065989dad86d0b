using RLSquared.Algorithms;
using RLSquared.Datasets;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Tests.Tasks.Goals;

/// <summary>Where the trajectories of a goal problem come from: its task, a file, or the caller.</summary>
public sealed class GoalProblemTests : IDisposable
{
    readonly string folder = TemporaryFolder.Make();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    string At(string name) => Path.Combine(folder, name);

    static Problem Create(string task, params string[] settings) =>
        TaskCatalogue.Find(task).CreateProblem(Assignment.ParseAll(settings));

    [Theory, InlineData("set.npz"), InlineData("set.csv")]
    public void A_file_takes_the_place_of_data_that_the_task_makes(string name)
    {
        GoalDataset made = new PointMaze().MakeData(new() { Trajectories = 3, Rows = 21, Seed = 5 });
        GoalDatasetFile.Write(At(name), made);
        var problem = (GoalProblem)Create("point-maze", $"dataset={At(name)}");
        Assert.True(made.Observations.SequenceEqual(problem.Data().Observations));
        Assert.True(made.Terminals.SequenceEqual(problem.Data().Terminals));
        Assert.Contains(new("dataset", Path.GetFullPath(At(name))), problem.Settings);

        // What a run writes down makes the same problem again, wherever it is read.
        var again = (GoalProblem)TaskCatalogue.Find("point-maze").CreateProblem(problem.Settings);
        Assert.Equal(problem.Options, again.Options);
    }

    [Fact]
    public void A_file_leaves_nothing_else_to_be_said_of_the_data()
    {
        foreach (string other in (string[])["data=stitch", "data-seed=1", "trajectories=5", "rows=9"])
        {
            Assert.Equal(
                "a dataset is used as it is in its file: leave data, data-seed, trajectories and rows away",
                Assert.Throws<OptionException>(() => Create("point-maze", "dataset=set.npz", other)).Message);
        }
    }

    [Fact]
    public void A_file_that_is_not_there_or_of_another_task_is_one_sentence()
    {
        Assert.Throws<FileNotFoundException>(() => Data("none.npz"));
        GoalDatasetFile.Write(At("grid.npz"), new GridGoals().MakeData(new() { Trajectories = 2, Rows = 5 }));
        Assert.Throws<InvalidDataException>(() => Data("grid.npz"));
        Assert.Contains(".npz or .csv",
            Assert.Throws<OptionException>(() => Data("set.txt")).Message, StringComparison.Ordinal);

        GoalDataset Data(string name) => ((GoalProblem)Create("point-maze", $"dataset={At(name)}")).Data();
    }

    // Three numbers for a goal, where the maze has two.
    [Fact]
    public void Goals_of_another_width_are_refused()
    {
        var maze = new PointMaze();
        var data = new GoalDataset(
            "odd.npz", maze.Observation, maze.Action, new float[4], new float[4], [], [false, true], new float[6]);
        Assert.Equal("odd.npz has goals of 3 numbers, but those of point-maze have 2",
            Assert.Throws<OptionException>(() => new GoalProblem(maze, data)).Message);
    }

    // A number that is moved up by its action, from 0 to 1 and back: recorded, and no world to try it in.
    [Fact]
    public void Recorded_trajectories_alone_are_learned_and_acted_on_but_not_judged()
    {
        float[] seen = [.. Enumerable.Range(0, 400).Select(t => MathF.Abs((t + 20) % 40 - 20) / 20f)];
        float[] done = [.. Enumerable.Range(0, 400).Select(t => (t + 20) % 40 < 20 ? -1f : 1f)];
        bool[] ends = [.. Enumerable.Range(0, 400).Select(t => t % 100 == 99)];
        var problem = new GoalProblem(new GoalDataset(
            "log.csv", ObservationSpace.Vector(1), ActionSpace.Continuous(1), seen, done, [], ends));
        using var workers = new Workers(1);
        using var learner = new TransitiveRl(problem, TransitiveRlOptions.Table.Apply(
            TransitiveRlOptions.Small(problem),
            [new("hidden", "16"), new("updates", "300"), new("batch", "64"), new("discount", "0.9"),
                new("extraction", "awr"), new("behaviour", "0.3")]), 1, workers);
        learner.Iterate(0);
        var action = new ActionBuffer(problem.Task.Action, 1);
        learner.Act([0.5f], [0.9f], action.Span);
        float up = action.Numbers[0];
        learner.Act([0.5f], [0.1f], action.Span);
        Assert.True(up > 0.3f && action.Numbers[0] < -0.3f, $"{up} and {action.Numbers[0]}");
        Assert.Equal("log.csv has observations of 1 numbers and goals of 1, but 2 and 1 were given",
            Assert.Throws<ArgumentException>(() => learner.Act([0.5f, 1], [0.9f], action.Span)).Message);
        Assert.Equal("log.csv holds recorded trajectories, in which nothing can be tried",
            Assert.Throws<OptionException>(() => learner.Evaluate(new() { Instances = 5 }, default)).Message);
    }
}
