using System.Text.Json;
using RLSquared.Runs;

namespace RLSquared.Cli.Tests;

/// <summary>An assembly of tasks of one's own, good and bad ones, compiled once.</summary>
public sealed class OwnTasks : IDisposable
{
    public const string Source = """
        using System;
        using System.Collections.Generic;
        using RLSquared.Settings;
        using RLSquared.Tasks;
        using RLSquared.Tensors.Random;

        public sealed class Echo : SingleEnvironment
        {
            public static TaskDistribution Task { get; } = TaskDistribution.FromEnvironment(
                "echo", ObservationSpace.Discrete(3), actions: 3, episodes: 2, maxStepsPerEpisode: 4, () => new Echo());
            int shown;
            public override void Reset(ref RandomSequence random, Span<float> observation) =>
                observation[0] = shown = random.NextInt(3);
            public override StepResult Step(
                ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
            {
                var result = new StepResult(action[0] == shown ? 1 : 0);
                observation[0] = shown = random.NextInt(3);
                return result;
            }
        }

        public sealed class Level(int size) : TaskDistribution
        {
            public Level() : this(2) { }
            public override string Name => "level";
            public override ObservationSpace Observation => ObservationSpace.Nothing;
            public override ActionSpace Action => size;
            public override int TrialLength => 3;
            public override Lanes CreateLanes(int count) => new Steps(count, lane => 1);
        }

        public sealed record SizedOptions
        {
            public int Size { get; init => field = Require.AtLeast("size", value, 1); } = 2;
            public static OptionTable<SizedOptions> Table { get; } = new OptionTable<SizedOptions>("sized", new())
                .Integer("size", "number of actions", o => o.Size, (o, value) => o with { Size = value });
        }

        public sealed class Sized(SizedOptions options) : TaskDistribution
        {
            public static TaskEntry Entry { get; } =
                TaskEntry.Of("sized", "as many actions as you like", SizedOptions.Table, options => new Sized(options));
            public override string Name => "sized";
            public override IReadOnlyList<Assignment> Settings => SizedOptions.Table.Show(options);
            public override ObservationSpace Observation => ObservationSpace.Nothing;
            public override ActionSpace Action => options.Size;
            public override int TrialLength => 3;
            public override Lanes CreateLanes(int count) => new Steps(count, lane => 1);
        }

        public sealed class Unmakeable : TaskDistribution
        {
            public Unmakeable() => throw new InvalidOperationException("no map");
            public override string Name => "unmakeable";
            public override ObservationSpace Observation => ObservationSpace.Nothing;
            public override ActionSpace Action => 2;
            public override int TrialLength => 3;
            public override Lanes CreateLanes(int count) => null;
        }

        public class Laneless : TaskDistribution
        {
            public override string Name => "laneless";
            public override ObservationSpace Observation => ObservationSpace.Vector(2);
            public override ActionSpace Action => 2;
            public override int TrialLength => 3;
            public override Lanes CreateLanes(int count) => null;
        }

        public sealed class Thrower : Laneless
        {
            public override string Name => "thrower";
            public override Lanes CreateLanes(int count) => new Steps(count, lane => throw new DivideByZeroException());
        }

        public sealed class Poisoned : Laneless
        {
            public override string Name => "poison";
            public override Lanes CreateLanes(int count) => new Steps(count, lane => float.NaN);
        }

        public sealed class Narrow : Laneless
        {
            public override string Name => "narrow";
            public override Lanes CreateLanes(int count) => new Steps(count, lane => 1, narrow: true);
        }

        sealed class Steps(int count, Func<int, float> reward, bool narrow = false) : Lanes
        {
            int step;
            public override int Count => count;
            public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
            {
                step = 0;
                observations.Slice(0, narrow ? 1 : observations.Length).Clear();
            }
            public override void Step(
                ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
            {
                step++;
                observations.Clear();
                for (int lane = 0; lane < count; lane++)
                    (rewards[lane], endings[lane]) = (reward(lane),
                        step == 3 ? Endings.Terminated | Endings.TrialEnded : Endings.None);
            }
        }
        """;

    public OwnTasks() => Path = Compiler.Compile(Folder, "My", Source, Compiler.Library);

    public string Folder { get; } = TemporaryFolder.Make();

    public string Path { get; }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

[Collection("dotnet")]
public sealed class OwnAssemblyTests(OwnTasks own) : IClassFixture<OwnTasks>, IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    Result Train(string task, params string[] more) => command.Run(
    [
        "train", task, "--assembly", own.Path, "--algorithm", "pretend", "--budget", "100", "--threads", "1", "--run",
        command.At("run"), "--instances", "20", "--quiet", .. more,
    ]);

    // An assembly of its own for what would spoil the others.
    string Compile(string name, string source, params string[] references) =>
        Compiler.Compile(command.Folder, name, source, [.. Compiler.Library, .. references]);

    // ---- good ones -------------------------------------------------------------------------------------------------

    [Fact]
    public void Tasks_are_found_as_classes_as_properties_and_as_entries()
    {
        string text = command.Run("list", "--assembly", own.Path).Output;
        Assert.Contains("  echo: Echo of My.dll", text, StringComparison.Ordinal);
        Assert.Contains("  level: Level of My.dll", text, StringComparison.Ordinal);
        Assert.Contains("  sized: as many actions as you like", text, StringComparison.Ordinal);
        Assert.Contains("    size=2  number of actions", text, StringComparison.Ordinal);
        Assert.Contains("  Unmakeable: Unmakeable of My.dll; it cannot be made", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_remembers_its_assembly_and_every_verb_finds_the_task_in_it()
    {
        Result trained = Train("Sized", "--set", "size=7");
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        JsonElement configuration = JsonDocument.Parse(File.ReadAllText(command.At("run", "config.json"))).RootElement;
        Assert.Equal("sized", configuration.GetProperty("task").GetString());
        Assert.Equal("7", configuration.GetProperty("taskOptions").GetProperty("size").GetString());
        Assert.Equal(own.Path, configuration.GetProperty("assembly").GetProperty("path").GetString());
        Assert.Equal(64, configuration.GetProperty("assembly").GetProperty("sha256").GetString()!.Length);

        Assert.Equal(0, command.Run("evaluate", command.At("run"), "--instances", "20", "--quiet").Code);
        Assert.Equal(0, command.Run("play", command.At("run"), "--quiet").Code);
        Result resumed = command.Run("resume", command.At("run"), "--budget", "200", "--instances", "5", "--quiet");
        Assert.Equal((0, ""), (resumed.Code, resumed.Error));
        Assert.Equal(0, command.Run(
            "evaluate", "--agent", "random", "--task", "echo", "--assembly", own.Path, "--instances", "9").Code);
    }

    [Fact]
    public void The_tasks_of_the_library_need_no_assembly_and_their_runs_name_none()
    {
        command.Train("run", 100);
        Assert.DoesNotContain("assembly", File.ReadAllText(command.At("run", "config.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Rl2_learns_a_task_of_ones_own()
    {
        Result result = command.Run(
            "train", "echo", "--assembly", own.Path, "--run", command.At("run"), "--budget", "40000", "--threads", "1",
            "--instances", "500", "--quiet", "--json", "--set", "trials=64", "minibatch=16", "hidden=16");
        JsonElement agents = result.Json.GetProperty("evaluation").GetProperty("agents");
        // Chance is 8/3; whoever repeats what is shown has 8.
        Assert.InRange(agents[0].GetProperty("mean").GetDouble(), 6.5, 8);
        Assert.InRange(agents[1].GetProperty("mean").GetDouble(), 2.4, 2.9);
    }

    [Fact]
    public void A_check_and_an_evaluation_agree_on_how_good_chance_is()
    {
        foreach (string task in (string[])["echo", "level"])
        {
            double[] means =
            [
                command.Run("check", task, "--assembly", own.Path, "--seed", "3", "--json").Json
                    .GetProperty("meanReturn").GetDouble(),
                command.Run("evaluate", "--agent", "random", "--task", task, "--assembly", own.Path, "--seed", "3",
                    "--instances", "1000", "--json", "--quiet").Json.GetProperty("agents")[0].GetProperty("mean")
                    .GetDouble(),
            ];
            Assert.Equal(means[0], means[1]);
        }
        Assert.Matches("random   return [0-9.]+ ± [0-9.]+ in 1,000 trials, rewards from 0 to 1 in the first 4",
            command.Run("check", "echo", "--assembly", own.Path).Output);
    }

    [Fact]
    public void A_task_of_ones_own_shows_its_episodes_and_no_headings_without_content()
    {
        Result trained = Train("echo");
        Assert.Contains("echo; 20 fresh trials, seed 1\n", trained.Output, StringComparison.Ordinal);
        Result evaluated = command.Run("evaluate", command.At("run"), "--instances", "500", "--quiet");
        Assert.StartsWith("echo; 500 fresh trials, seed 1\n", evaluated.Output, StringComparison.Ordinal);
        Assert.Matches("mean return by episode in the first 250 trials\n  episode 1 +[0-9.]+ ± [0-9.]+\n  episode 2 ",
            evaluated.Output);
        JsonElement episodes = command.Run("evaluate", command.At("run"), "--instances", "40", "--quiet", "--json")
            .Json.GetProperty("episodes");
        Assert.Equal(2, episodes.GetArrayLength());
        Assert.InRange(episodes[0].GetProperty("mean").GetDouble(), 0.5, 2.5);           // chance: 4/3 of 4

        string played = command.Run("play", command.At("run")).Output;
        Assert.Contains(" plays trial 1 of seed 1 of echo\n", played, StringComparison.Ordinal);
        Assert.Matches("── episode 1 ended after 4 steps, return [0-4]\n", played);
        Assert.Matches("── episode 2 ended after 4 steps, return [0-4]\n", played);
        Assert.DoesNotContain(": \n", played + trained.Output + evaluated.Output, StringComparison.Ordinal);
        command.Run("plot", command.At("run"), "--output", command.At("p.svg"), "--quiet");
        Assert.DoesNotContain(">echo: <", File.ReadAllText(command.At("p.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_says_what_a_task_is_and_that_it_is_well_made()
    {
        Result result = command.Run("check", "echo", "--assembly", own.Path);
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.Contains("shows    one of 3 states", result.Output, StringComparison.Ordinal);
        Assert.Contains("Well made", result.Output, StringComparison.Ordinal);
        JsonElement json = command.Run("check", "level", "--assembly", own.Path, "--json").Json;
        Assert.Equal(JsonValueKind.Null, json.GetProperty("error").ValueKind);
        Assert.Equal(3, json.GetProperty("trialLength").GetInt32());
    }

    // ---- builds that change ----------------------------------------------------------------------------------------

    [Fact]
    public void Another_build_is_not_run_unless_it_is_named_and_then_there_is_a_warning()
    {
        string path = Compile("Mine", OwnTasks.Source);
        string[] train =
        [
            "train", "level", "--assembly", path, "--algorithm", "pretend", "--budget", "100", "--threads", "1",
            "--run", command.At("run"), "--instances", "5", "--quiet",
        ];
        Assert.Equal(0, command.Run(train).Code);
        Compile("Mine", OwnTasks.Source.Replace("\"no map\"", "\"no maps\"", StringComparison.Ordinal));
        string[] resume = ["resume", command.At("run"), "--budget", "200", "--instances", "5", "--quiet"];
        string change = $"{path} is not the build that the run began with, so its task may be another one";
        string[] evaluate = ["evaluate", command.At("run"), "--instances", "5", "--quiet"];
        foreach (string[] args in (string[][])[resume, evaluate, ["play", command.At("run")]])
            command.Run(args).Fails(2, $"{change}; to use it all the same, name it: --assembly {path}");
        Result evaluated = command.Run([.. evaluate, "--assembly", path]);
        Assert.Equal((0, $"warning: {change}"), (evaluated.Code, evaluated.Error.Trim()));
        Assert.Equal(0, command.Run([.. resume, "--assembly", path]).Code);
        File.Delete(path);
        command.Run(resume).Fails(2, $"the run's task was in {path}, which is not there any more; say where it is now");
    }

    // Anyone may make a folder that names an assembly and its hash; what came along with it is not run.
    [Fact]
    public void An_assembly_that_came_with_a_run_or_has_no_whole_path_is_not_run_unless_it_is_named()
    {
        Assert.Equal(0, Train("level").Code);
        string brought = command.At("run", "Brought.dll"), told = File.ReadAllText(command.At("run", "config.json"));
        File.Copy(own.Path, brought);
        foreach (string path in (string[])[brought, "Brought.dll", "../run/Brought.dll"])
        {
            File.WriteAllText(command.At("run", "config.json"), told.Replace(own.Path, path, StringComparison.Ordinal));
            foreach (string verb in (string[])["evaluate", "play", "resume"])
                command.Run(verb, command.At("run")).Fails(2, $"the run's task is in {path}, which is not run unless");
        }
        Result named = command.Run("evaluate", command.At("run"), "--assembly", brought, "--instances", "5", "--quiet");
        Assert.Equal((0, ""), (named.Code, named.Error));
    }

    [Fact]
    public void The_dashboard_runs_no_assembly_that_it_was_not_told_of()
    {
        Assert.Equal(0, Train("level").Code);
        using (var served = new Dashboard.Served(command))
        {
            served.Refuses("/api/replay?id=run", System.Net.HttpStatusCode.Conflict,
                "the dashboard runs none that it was not told of");
        }
        using var told = new Dashboard.Served(command, catalogues: command.Catalogues.With(own.Path));
        Assert.Equal(3, told.Get("/api/replay?id=run").GetProperty("steps").GetArrayLength());
    }

    // ---- bad ones --------------------------------------------------------------------------------------------------

    [Fact]
    public void What_is_no_assembly_of_tasks_is_refused()
    {
        Refused(command.At("None.dll"), $"there is no file {command.At("None.dll")}; name the .dll that dotnet build");
        File.WriteAllText(command.At("letter.dll"), "dear");
        Refused(command.At("letter.dll"), "letter.dll is no .NET assembly; name the .dll that dotnet build has");
        Refused(typeof(FsCheck.Config).Assembly.Location, "has no task: it does not use RLSquared; name the .dll of");
        Refused(typeof(Cli).Assembly.Location, "has no task; looked for public classes derived from TaskDistribution");

        void Refused(string path, string message)
        {
            foreach (string[] args in (string[][])[["list"], ["train", "x"], ["check", "x"]])
                command.Run([.. args, "--assembly", path]).Fails(2, message);
        }
    }

    [Fact]
    public void What_nearly_is_a_task_is_named()
    {
        string path = Compile("Near", """
            using System;
            using RLSquared.Tasks;
            using RLSquared.Tensors.Random;

            public sealed class Maze : SingleEnvironment
            {
                public override void Reset(ref RandomSequence random, Span<float> observation) { }
                public override StepResult Step(
                    ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation) => default;
            }
            class Hidden : TaskDistribution
            {
                public override string Name => "hidden";
                public override ObservationSpace Observation => ObservationSpace.Nothing;
                public override ActionSpace Action => 2;
                public override int TrialLength => 3;
                public override Lanes CreateLanes(int count) => null;
            }
            """);
        Result result = command.Run("list", "--assembly", path);
        result.Fails(2, "the task Hidden is not public");
        result.Fails(2, "the environment Maze needs a public static property on a public class: TaskDistribution Task");
    }

    [Theory]
    [InlineData("echoo", 2, "there is no task 'echoo'; did you mean 'echo'?")]
    [InlineData("unmakeable", 1, "the task Unmakeable of My.dll cannot be made: Unmakeable.ctor in My.dll, line ")]
    [InlineData("laneless", 1, "the task laneless is broken: CreateLanes(4) returns null; return the lanes")]
    [InlineData("thrower", 1, "the task thrower is broken: Step throws DivideByZeroException at step 0")]
    [InlineData("poison", 1, "the task poison is broken: Step 0 gives lane 0 the reward NaN; only finite rewards")]
    [InlineData("narrow", 1, "the task narrow is broken: Begin does not write number 1 of the 2 that lane 0 shows")]
    public void A_broken_task_is_refused_before_it_is_trained_on(string task, int code, string message)
    {
        Train(task).Fails(code, message);
        Assert.False(Directory.Exists(command.At("run")));
        command.Run("check", task, "--assembly", own.Path).Fails(code, message);
    }

    [Fact]
    public void What_a_tasks_own_code_throws_while_it_is_trained_on_is_not_blamed_on_rl2()
    {
        Result result = Train("thrower", "--unchecked");
        result.Fails(1, " in My.dll, line ");
        result.Fails(1, " throws DivideByZeroException: ");
        Assert.DoesNotContain("an error within rl2 itself", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_must_differ_from_each_other_and_from_those_of_the_library()
    {
        string Named(string type, string name) => $$"""
            public static class {{type}}
            {
                public static RLSquared.Tasks.TaskDistribution Task => RLSquared.Tasks.TaskDistribution.FromEnvironment(
                    "{{name}}", RLSquared.Tasks.ObservationSpace.Nothing, 2, 1, 1, () => null);
            }

            """;
        string twice = Compile("Twice", Named("First", "same") + Named("Second", "same"));
        command.Run("list", "--assembly", twice).Fails(
            2, "Twice.dll has 2 tasks called 'same', of First and Second; give each a name of its own");
        string taken = Compile("Taken", Named("First", "bandits"));
        command.Run("list", "--assembly", taken).Fails(
            2, "the task 'bandits' of Taken.dll has the name of one of RLSquared; give it a name of its own");
    }

    [Fact]
    public void An_assembly_that_was_built_against_another_version_is_refused()
    {
        string library = Directory.CreateDirectory(command.At("later")).FullName;
        string later = Compiler.Compile(library, "RLSquared", """
            [assembly: System.Reflection.AssemblyVersion("9.8.7.0")]
            public abstract class Anything { }
            """);
        string path = Compiler.Compile(command.Folder, "Late", "public sealed class My : Anything { }", later);
        command.Run("list", "--assembly", path).Fails(
            2, "Late.dll was built against RLSquared 9.8.7, and this is 0.1.0; build it anew against this version");
    }

    [Theory]
    [InlineData("0.1.0", "0.1.3", true)]
    [InlineData("0.1.3", "0.1.0", false)]
    [InlineData("0.1.0", "0.2.0", false)]
    [InlineData("1.2.0", "1.5.0", true)]
    [InlineData("1.6.0", "1.5.0", false)]
    [InlineData("1.2.0", "2.0.0", false)]
    public void What_was_built_against_a_version_that_may_have_broken_it_does_not_fit(
        string built, string here, bool fits) =>
        Assert.Equal(fits, OwnAssembly.Fits(Version.Parse(built), Version.Parse(here)));
}
