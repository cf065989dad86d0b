using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Algorithms;

/// <summary>
/// The algorithms by name.
/// <para>To list an algorithm: 1. implement <see cref="IAlgorithm"/>; 2. give its options record an
/// <see cref="OptionTable{TOptions}"/>; 3. add one entry with its presets to <see cref="Entries"/>.</para>
/// </summary>
public static class AlgorithmCatalogue
{
    /// <summary>All algorithms.</summary>
    public static Catalogue<AlgorithmEntry> Entries { get; } = new("algorithm", entry => entry.Name,
    [
        AlgorithmEntry.Of(
            "rl2", "a recurrent network whose hidden state learns each task (Duan et al. 2016)", Rl2Options.Table,
            (task, options, seed, workers, device) => new Rl2(task, options, seed, workers, device),
            ("default", "what learns fastest and most reliably", Rl2Options.For),
            ("paper", "the recipe behind the tables of the paper", Rl2Options.Paper)),
        AlgorithmEntry.Of(
            ERl2.Name, "rl2 whose first episodes of a trial explore and do not count (Stadie et al. 2018)", ERl2.Table,
            (task, options, seed, workers, device) => new Rl2(task, options, seed, workers, device),
            ("default", "three episodes explore, or all but the last", ERl2.For)),
        AlgorithmEntry.Of(
            "maml", "weights that adapt to each task in a few gradient steps (Finn et al. 2017)", MamlOptions.Table,
            (task, options, seed, workers) => new Maml(task, options, seed, workers),
            ("default", "one inner step, the clipped objective outside", MamlOptions.For)),
        AlgorithmEntry.Of(
            EMaml.Name, "maml that also learns to explore before it adapts (Stadie et al. 2018)", EMaml.Table,
            (task, options, seed, workers) => new Maml(task, options, seed, workers, EMaml.Name),
            ("default", "one inner step, the exploration standardised over tasks", EMaml.For)),
        AlgorithmEntry.Of(
            Mlsh.Called, "skills that tasks share, and a master for each task (Frans et al. 2018)", MlshOptions.Table,
            (task, options, seed, workers) => new Mlsh(task, options, seed, workers),
            ("default", "groups in lock-step, fresh masters", MlshOptions.For),
            ("paper", "the choices of the paper's program", MlshOptions.Paper)),
        AlgorithmEntry.Of(
            "rl2-trpo", "rl2 with natural gradients in a trust region (Schulman et al. 2015)", Rl2TrpoOptions.Table,
            (task, options, seed, workers, device) => new Rl2Trpo(task, options, seed, workers, device),
            ("default", "batches of 2,048 trials, one step of the policy each", Rl2TrpoOptions.For),
            ("paper", "the figures that the paper publishes", Rl2TrpoOptions.Paper)),
        AlgorithmEntry.Of<GoalProblem, TransitiveRlOptions>(
            "transitive-rl", "values of goals by divide and conquer (Park et al. 2025)", TransitiveRlOptions.Table,
            (problem, options, seed, workers) => new TransitiveRl(problem, options, seed, workers),
            ("default", "a small network that learns in minutes", TransitiveRlOptions.Small),
            ("paper", "the released recipe for standard data", TransitiveRlOptions.Paper)),
        AlgorithmEntry.Of<GoalProblem, GcbcOptions>(
            "gcbc", "copies the actions before a goal was reached (Ghosh et al. 2021)", GcbcOptions.Table,
            Gcbc.Create,
            ("default", Small, problem => new() { Learning = GoalLearningOptions.Small(problem) }),
            ("paper", Published, problem => new() { Learning = GoalLearningOptions.Paper(problem) })),
        AlgorithmEntry.Of<GoalProblem, GcivlOptions>(
            "gcivl", "one-step values of goals by expectiles (Kostrikov et al. 2022)", GcivlOptions.Table, Gcivl.Create,
            ("default", Small, problem => new() { Learning = GoalLearningOptions.Small(problem) }),
            ("paper", Published, problem => new() { Learning = GoalLearningOptions.Paper(problem) })),
        AlgorithmEntry.Of<GoalProblem, GciqlOptions>(
            "gciql", "implicit Q-learning of goals (Kostrikov et al. 2022)", GciqlOptions.Table, Gciql.Create,
            ("default", Small, problem => new() { Learning = GoalLearningOptions.Small(problem) }),
            ("paper", Published, problem => new() { Learning = GoalLearningOptions.Paper(problem) })),
        AlgorithmEntry.Of<GoalProblem, CrlOptions>(
            "crl", "contrastive values of goals (Eysenbach et al. 2022)", CrlOptions.Table, Crl.Create,
            ("default", Small, problem => new() { Learning = GoalLearningOptions.Small(problem), Latent = 64 }),
            ("paper", Published, problem => new() { Learning = GoalLearningOptions.Paper(problem) })),
        AlgorithmEntry.Of<GoalProblem, TdNOptions>(
            "td-n", "values of goals by n-step differences, or Monte Carlo with steps=0", TdNOptions.Table, TdN.Create,
            ("default", Small, problem => TdNOptions.For(problem, GoalLearningOptions.Small(problem))),
            ("paper", "the sizes of the papers",
                problem => TdNOptions.For(problem, GoalLearningOptions.Paper(problem)))),
        AlgorithmEntry.Of<GoalProblem, QrlOptions>(
            "qrl", "distances that obey the triangle inequality (Wang et al. 2023)", QrlOptions.Table, Qrl.Create,
            ("default", Small, problem => new() { Learning = GoalLearningOptions.Small(problem), Latent = 64 }),
            ("paper", Published, problem => new() { Learning = GoalLearningOptions.Paper(problem) })),
        AlgorithmEntry.Of<GoalProblem, HiqlOptions>(
            "hiql", "one policy proposes subgoals, another reaches them (Park et al. 2023)", HiqlOptions.Table,
            Hiql.Create,
            ("default", Small, problem => new() { Learning = GoalLearningOptions.Small(problem) }),
            ("paper", Published, problem => new() { Learning = GoalLearningOptions.Paper(problem) })),
        AlgorithmEntry.Of<GoalProblem, SacBcOptions>(
            "sac-bc", "soft actor-critic that stays near the data (Haarnoja et al. 2018)", SacBcOptions.Table,
            SacBc.Create,
            ("default", Small, problem => SacBcOptions.For(problem, GoalLearningOptions.Small(problem))),
            ("paper", Published, problem => SacBcOptions.For(problem, GoalLearningOptions.Paper(problem)))),
        AlgorithmEntry.Of<GoalProblem, SgtOptions>(
            "sgt", "paths over the best of any states (Jurgenson et al. 2020)", SgtOptions.Table, Sgt.Create,
            ("default", Small, problem => new() { Learning = GoalLearningOptions.Small(problem) }),
            ("paper", "the sizes of the papers", problem => new() { Learning = GoalLearningOptions.Paper(problem) })),
        AlgorithmEntry.Of<GoalProblem, CoeOptions>(
            "coe", "paths over a state that a network proposes (Piękos et al. 2023)", CoeOptions.Table, Coe.Create,
            ("default", Small, problem => new() { Learning = GoalLearningOptions.Small(problem) }),
            ("paper", "the sizes of the papers", problem => new() { Learning = GoalLearningOptions.Paper(problem) })),
        AlgorithmEntry.Of(
            "ppo", "a policy for one ordinary episodic task (Schulman et al. 2017)", PpoOptions.Table,
            (task, options, seed, workers) => new Ppo(task, options, seed, workers),
            ("default", "what learns fastest and most reliably", PpoOptions.For)),
    ]);

    const string Small = "a small network that learns in minutes", Published = "the published sizes and constants";

    /// <summary>The algorithm of this name.</summary>
    /// <exception cref="OptionException">There is none; the message names the nearest.</exception>
    public static AlgorithmEntry Find(string name) => Entries.Find(name);
}

/// <summary>A set of options by name.</summary>
/// <param name="Name">The name after <c>--preset</c>.</param>
/// <param name="Description">What it is for, in one line.</param>
public sealed record Preset(string Name, string Description);

/// <summary>An algorithm that users can name.</summary>
public sealed class AlgorithmEntry
{
    readonly Type kind;
    readonly Func<Problem, string, IEnumerable<Assignment>, IReadOnlyList<Assignment>> merge;
    readonly Func<Problem, IEnumerable<Assignment>, ulong, Workers, Device, IAlgorithm> create;

    AlgorithmEntry(
        string name, string description, OptionTable options, Catalogue<Preset> presets, Type kind,
        Func<Problem, string, IEnumerable<Assignment>, IReadOnlyList<Assignment>> merge,
        Func<Problem, IEnumerable<Assignment>, ulong, Workers, Device, IAlgorithm> create)
    {
        (Name, Description, Options, Presets) = (name, description, options, presets);
        (this.kind, this.merge, this.create) = (kind, merge, create);
    }

    /// <summary>The name on the command line.</summary>
    public string Name { get; }

    /// <summary>What the algorithm is, in one line.</summary>
    public string Description { get; }

    /// <summary>The algorithm's options.</summary>
    public OptionTable Options { get; }

    /// <summary>Its sets of options; the first is the default.</summary>
    public Catalogue<Preset> Presets { get; }

    /// <summary>Whether this algorithm can learn such a problem.</summary>
    public bool Learns(Problem problem) => kind.IsInstanceOfType(problem);

    /// <summary>Whether this algorithm and another one learn the same kind of problem.</summary>
    internal bool LearnsTheKindOf(AlgorithmEntry other) => kind == other.kind;

    /// <summary>Every option with its value: the preset's, where the settings say nothing.</summary>
    /// <param name="problem">What is to be learned; presets may go by it.</param>
    /// <param name="preset">One of <see cref="Presets"/>.</param>
    /// <param name="settings">What the user wants otherwise.</param>
    /// <exception cref="OptionException">
    /// A problem of another kind, an unknown preset or key, or a value that cannot be.
    /// </exception>
    public IReadOnlyList<Assignment> Merge(Problem problem, string preset, IEnumerable<Assignment> settings) =>
        merge(Required(problem), Presets.Find(preset).Name, settings);

    /// <summary>Makes the algorithm at its first weights.</summary>
    /// <param name="problem">What is to be learned.</param>
    /// <param name="settings">All options, as <see cref="Merge"/> returns them.</param>
    /// <param name="seed">Of everything random.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <param name="device">Where the networks are; null for the processor. Shared, not owned.</param>
    /// <exception cref="OptionException">
    /// A problem of another kind, an unknown key, a value that cannot be, or a device on which the algorithm does not
    /// train.
    /// </exception>
    public IAlgorithm Create(
        Problem problem, IEnumerable<Assignment> settings, ulong seed, Workers workers, Device? device = null) =>
        create(Required(problem), settings, seed, workers, device ?? Device.Cpu);

    /// <summary>An entry of an algorithm that learns tasks which an agent plays.</summary>
    /// <inheritdoc cref="Of{TProblem,TOptions}"/>
    public static AlgorithmEntry Of<TOptions>(
        string name, string description, OptionTable<TOptions> table,
        Func<TaskDistribution, TOptions, ulong, Workers, IAlgorithm> create,
        params (string Name, string Description, Func<TaskDistribution, TOptions> Options)[] presets)
        where TOptions : class => Of<TaskDistribution, TOptions>(name, description, table, create, presets);

    /// <summary>An entry of an algorithm that learns tasks which an agent plays, on any device.</summary>
    /// <inheritdoc cref="Of{TProblem,TOptions}"/>
    public static AlgorithmEntry Of<TOptions>(
        string name, string description, OptionTable<TOptions> table,
        Func<TaskDistribution, TOptions, ulong, Workers, Device, IAlgorithm> create,
        params (string Name, string Description, Func<TaskDistribution, TOptions> Options)[] presets)
        where TOptions : class => OnDevices(name, description, table, create, presets);

    /// <summary>An entry from its parts, of an algorithm that trains on the processor alone.</summary>
    /// <typeparam name="TProblem">The kind of problem that it learns.</typeparam>
    /// <typeparam name="TOptions">Its options.</typeparam>
    /// <param name="name">The name on the command line.</param>
    /// <param name="description">What the algorithm is, in one line.</param>
    /// <param name="table">Its options.</param>
    /// <param name="create">Makes it from problem, options, seed and threads.</param>
    /// <param name="presets">Sets of options, each a function of the problem; the first is the default.</param>
    public static AlgorithmEntry Of<TProblem, TOptions>(
        string name, string description, OptionTable<TOptions> table,
        Func<TProblem, TOptions, ulong, Workers, IAlgorithm> create,
        params (string Name, string Description, Func<TProblem, TOptions> Options)[] presets)
        where TProblem : Problem
        where TOptions : class =>
        OnDevices<TProblem, TOptions>(name, description, table,
            (problem, options, seed, workers, device) => device == Device.Cpu
                ? create(problem, options, seed, workers)
                : throw new OptionException("--device",
                    $"{name} trains on the processor, not on the device '{device.Name}'; leave --device away"),
            presets);

    static AlgorithmEntry OnDevices<TProblem, TOptions>(
        string name, string description, OptionTable<TOptions> table,
        Func<TProblem, TOptions, ulong, Workers, Device, IAlgorithm> create,
        (string Name, string Description, Func<TProblem, TOptions> Options)[] presets)
        where TProblem : Problem
        where TOptions : class =>
        new(name, description, table,
            new("preset", preset => preset.Name, presets.Select(one => new Preset(one.Name, one.Description)), name),
            typeof(TProblem),
            (problem, preset, settings) => table.Show(table.Apply(
                presets.First(known => known.Name == preset).Options((TProblem)problem), settings)),
            (problem, settings, seed, workers, device) =>
                create((TProblem)problem, table.Apply(settings), seed, workers, device));

    Problem Required(Problem problem) => Learns(problem) ? problem : throw new OptionException("--algorithm",
        $"{Name} cannot learn {problem.Name}, which is {problem.Kind}; name another with --algorithm, see rl2 list");
}
