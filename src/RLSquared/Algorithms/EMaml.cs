using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Algorithms;

/// <summary>
/// E-MAML (Stadie et al. 2018, 'Some considerations on learning to explore via meta-reinforcement learning'): MAML that
/// also learns what to do before it adapts. The objective is what adapted policies bring, and the plays τ̄ that they
/// were adapted by are drawn from the policy too:
/// <code>
///   J(θ) = E_τ̄~θ E_τ~θ′(θ, τ̄) [ R(τ) ]
///   ∇J = E[ R(τ) ∇ log π_θ′(τ) ]  +  λ E[ R(τ) ∇ log π_θ(τ̄) ]
/// </code>
/// The first term is MAML's; the second credits the plays before an adaptation with what came after it, never with
/// their own rewards. All else is <see cref="Maml"/>, with <see cref="MamlOptions.Exploration"/> above 0; with λ = 0 it
/// is MAML to the bit.
/// </summary>
public static class EMaml
{
    /// <summary>The name on the command line.</summary>
    public const string Name = "e-maml";

    /// <summary>λ where nothing else is said.</summary>
    public const float UsualExploration = 1;

    /// <summary>The options of MAML that suit the task, with the exploration term.</summary>
    public static MamlOptions For(TaskDistribution task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Table.Apply([.. task.SuggestedOptions("maml"), .. task.SuggestedOptions(Name)]);
    }

    /// <summary>The options by name: those of MAML, and those of the exploration term.</summary>
    public static OptionTable<MamlOptions> Table { get; } =
        MamlOptions.AddTo(new OptionTable<MamlOptions>(
            "the algorithm e-maml", new() { Exploration = UsualExploration }))
            .Number("exploration", "weight of the credit for what was done before an adaptation, λ",
                options => options.Exploration, (options, value) => options with { Exploration = value },
                low: "0 is maml", high: "explores more, with more noise")
            .Choice("exploration-scale", "how that credit is scaled",
                options => options.ExplorationScale, (options, value) => options with { ExplorationScale = value },
                ("standardised", ExplorationScale.Standardised),
                ("standardised-sum", ExplorationScale.StandardisedSum),
                ("exact", ExplorationScale.Exact), ("published", ExplorationScale.Published));
}
