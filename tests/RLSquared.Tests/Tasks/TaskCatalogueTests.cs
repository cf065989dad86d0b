using RLSquared.Settings;
using RLSquared.Tasks;

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
        "mazes",
        "plants",
        "mdps",
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
        foreach (TaskEntry entry in TaskCatalogue.Entries)
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
