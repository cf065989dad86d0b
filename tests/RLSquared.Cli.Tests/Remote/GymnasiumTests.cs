using System.Globalization;
using System.Text.Json;

namespace RLSquared.Cli.Tests.Remote;

/// <summary>What the Python client makes of Gymnasium's spaces and of environments that fail.</summary>
public sealed class GymnasiumTests : IDisposable
{
    readonly CommandLine command = new();
    readonly int port = Peer.FreePort();

    public void Dispose() => command.Dispose();

    [ToolsFact("python:numpy")]
    public void Every_space_type_and_bound_is_passed_on_exactly_or_refused_by_name() => Check("python:numpy", "ours");

    [ToolsFact("python:gymnasium")]
    public void The_same_holds_for_the_spaces_of_Gymnasium_itself() => Check("python:gymnasium", "gymnasium");

    static void Check(string python, string spaces)
    {
        string output = Tools.Run(
            Tools.Find(python)!, [Path.Combine(Tools.Folder, "clients", "space_matrix.py"), spaces], seconds: 120);
        Assert.InRange(int.Parse(output.Split(' ')[0], CultureInfo.InvariantCulture), 20_000, 40_000);
    }

    // The environment requires that each action lies in its space.
    [ToolsFact("python:numpy")]
    public void Spaces_reach_the_trainer_and_actions_the_environment()
    {
        (string Name, string Observation, string Actions)[] environments =
        [
            ("states", "discrete:500", "choices:6"),
            ("choices", "vector:5", "choices:2,3,2,2"),
            ("bits", "vector:5", "choices:2,2,2,2"),
            ("whole", "vector:4", "numbers:3"),
            ("floats", "vector:4", "numbers:2"),
            ("board", "vector:9", "choices:9"),
            ("picture", "image:13x14x3", "choices:2"),
            ("mixed", "vector:5", "numbers:2+choices:2+numbers:1"),
        ];
        foreach ((string name, string observation, string actions) in environments)
        {
            using var environment = Peer.Environments(port, $"drawn:{name}", 3);
            Result result = Evaluate("--json");
            Assert.True(result.Code == 0, $"{name}: {result.Error}");
            JsonElement options = result.Json.GetProperty("options");
            Assert.Equal((observation, actions),
                (options.GetProperty("observation").GetString(), options.GetProperty("actions").GetString()));
            Assert.Equal(6, result.Json.GetProperty("agents")[0].GetProperty("mean").GetDouble());
            environment.WaitForGoodEnd();
        }
    }

    [ToolsFact("python:numpy")]
    public void A_space_that_is_refused_says_so_before_the_trainer_is_called()
    {
        using (var text = Peer.Environments(port, "drawn:text"))
            Assert.Contains("observations of the space Text(1, 5) cannot be passed on", text.WaitForError());
        using (var unbounded = Peer.Environments(port, "drawn:unbounded"))
            Assert.Contains("int32) have no bounds", unbounded.WaitForError());
        // What only the trainer knows, it tells the client too.
        using var many = Peer.Environments(port, "drawn:many");
        const string reason = "action_space has 65 keys; the most is 64";
        Evaluate().Fails(1, $"the game sent a malformed message: {reason}");
        Assert.Contains($"the trainer has ended: the game sent a malformed message: {reason}", many.WaitForError());
    }

    // The trainer says what Python would have printed, and Python prints it too.
    [ToolsFact("python3")]
    public void An_error_of_an_environment_ends_the_training_with_its_text()
    {
        (string Environment, string Message)[] faults =
        [
            ("WithoutOptions", "failed in the middle of a trial: TypeError: "),
            ("WithoutOptions", "reset() got an unexpected keyword argument 'options' (rlsquared_env.py, line "),
            ("Faulty:exception", "KeyError: 'no such arm' (gym_like.py, line "),
            ("Faulty:nothing", "TypeError: cannot unpack non-iterable NoneType object"),
            ("Faulty:no-mask", "ValueError: the info of environment 0 (trial "),
            ("Faulty:no-mask", "episode 0, step 1) has no action_mask; it is there always or never"),
            ("Faulty:short-mask", "has 1 truth values; the options of all choices are 2"),
            ("Faulty:state", "ValueError: an observation holds 2, which "),
            ("Faulty:reward", "ValueError: environment 0 paid inf; a reward is a finite number"),
        ];
        foreach ((string environment, string message) in faults)
        {
            using var peer = Peer.Environments(port, environment, 2);
            Evaluate().Fails(1, message);
            Assert.Contains("Traceback", peer.WaitForError(), StringComparison.Ordinal);
        }
    }

    // A trial's last observation comes with no mask, for nothing is chosen any more.
    [ToolsFact("python3")]
    public void A_mask_may_be_missing_where_the_trial_is_over()
    {
        using var peer = Peer.Environments(port, "Faulty:no-mask-at-end", 2);
        Result result = Evaluate("--json");
        Assert.True(result.Code == 0, result.Error);
        Assert.Equal("choices:2+masks",
            result.Json.GetProperty("options").GetProperty("actions").GetString());
        peer.WaitForGoodEnd();
    }

    Result Evaluate(params string[] more) => command.Run(
    [
        "evaluate", "--agent", "random", "--task", "remote", "--instances", "4", "--quiet", .. more,
        "--set", $"port={port}", "timeout=20",
    ]);
}
