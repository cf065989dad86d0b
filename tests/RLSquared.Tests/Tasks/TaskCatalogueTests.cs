using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;

namespace RLSquared.Tests.Tasks;

public sealed class TaskCatalogueTests
{
    // In the order of the catalogue, one a line.
    static readonly string[] names =
    [
        "bandits",
        "dependent-bandits",
        "gaussian-bandits",
        "informative-bandit",
        "pay-to-look",
        "restless-bandit",
        "two-step",
        "corners",
        "point-goals",
        "sparse-course",
        "mazes",
        "plants",
        "mdps",
        "grid-goals",
        "point-maze",
        "lights-out",
        "lights-out-arm",
        "cartpole",
        "mountain-car",
        "pendulum",
        "acrobot",
        "movement-bandits",
        "four-rooms",
        "grid-mazes",
        "krazy-world",
        "dark-key-to-door",
        "t-maze",
        "maze-runner",
        "rule-worlds",
        "remote",
    ];

    [Fact]
    public void Every_task_can_be_made_again_from_its_name_and_settings()
    {
        Assert.Equal(names, TaskCatalogue.Entries.Select(entry => entry.Name));
        foreach (TaskEntry entry in TaskCatalogue.Entries.Where(entry => entry.Algorithm is null))
        {
            (Assignment[] settings, int steps) = entry.Options.Contains("pulls") ? ([new("pulls", "7")], 7)
                : entry.Options.Contains("corridor") ? ([new("corridor", "6")], 7)
                : entry.Options.Contains("rounds") ? ([new("rounds", "7")], 14)
                : entry.NeedsPeer ? (Known(("max-steps", "7"), ("episodes", "1")), 7)
                : ((Assignment[])[new("horizon", "7"), new("episodes", "1")], 7);
            TaskDistribution task = entry.Create(settings);
            TaskDistribution again = TaskCatalogue.Create(task.Name, task.Settings);
            Assert.Equal((steps, task.Actions, task.Name), (again.TrialLength, again.Actions, again.Name));
            Assert.Equal(task.Settings, again.Settings);
            Assert.Equal(
                entry.Options.Settings.Select(setting => setting.Name), task.Settings.Select(pair => pair.Key));
        }
    }

    [Theory, InlineData("grid-goals"), InlineData("point-maze"), InlineData("lights-out")]
    public void Every_goal_task_can_be_made_again_with_its_data(string name)
    {
        TaskEntry entry = TaskCatalogue.Find(name);
        Problem problem = entry.CreateProblem([new("trajectories", "3"), new("rows", "5"), new("data-seed", "7")]);
        Problem again = entry.CreateProblem(problem.Settings);
        Assert.Equal(problem.Settings, again.Settings);
        Assert.Equal(
            entry.Options.Settings.Select(setting => setting.Name), problem.Settings.Select(pair => pair.Key));
        Assert.Equal(((GoalProblem)problem).Data().Observations, ((GoalProblem)again).Data().Observations);
        Assert.Equal(15, ((GoalProblem)again).Data().Rows);
    }

    // What would else be asked of the games that connect.
    static Assignment[] Known(params (string Key, string Value)[] more) =>
    [
        new("agents", "4"), new("observation", "vector:3"), new("actions", "choices:2"),
        .. more.Select(pair => new Assignment(pair.Key, pair.Value)),
    ];

    [Fact]
    public void Tasks_that_another_process_plays_say_so() => Assert.Equal(
        [("remote", "1 game on 127.0.0.1:11008")],
        from entry in TaskCatalogue.Entries
        where entry.NeedsPeer
        select (entry.Name, entry.PeerFor()));

    [Fact]
    public void An_unknown_task_is_refused_with_a_hint()
    {
        foreach ((string name, string message) in ((string, string)[])
        [
            ("bandit", "there is no task 'bandit'; did you mean 'bandits'?"),
            ("chess", $"there is no task 'chess'; there are {string.Join(", ", names)}"),
        ])
        {
            var error = Assert.Throws<OptionException>(() => TaskCatalogue.Create(name));
            Assert.Equal(("task", message), (error.Option, error.Message));
        }
    }
}
