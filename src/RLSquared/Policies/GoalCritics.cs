using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>
/// Several networks that answer the same question, each from first weights of its own: what they differ in is what none
/// of them knows. The question's parts are put side by side.
/// </summary>
sealed class GoalCritics
{
    readonly Mlp[] members;

    /// <summary>Adds <c>{name}.0</c>, <c>{name}.1</c>, ….</summary>
    /// <param name="parameters">Where to add them.</param>
    /// <param name="name">Such as <c>critic</c>; what stands before a dot names the group.</param>
    /// <param name="inputs">Numbers of the question.</param>
    /// <param name="options">The shape of each.</param>
    /// <param name="seed">Of the first weights.</param>
    /// <param name="members">E.</param>
    /// <param name="outputs">Numbers of an answer.</param>
    public GoalCritics(ParameterSet parameters, string name, int inputs, MlpOptions options, ulong seed,
        int members = 2, int outputs = 1)
    {
        var random = new RandomKey(seed, RandomPurpose.Weights, 0);
        this.members = [.. Enumerable.Range(0, members).Select(
            e => new Mlp(parameters, $"{name}.{e}", inputs, outputs, random, options))];
        Group = parameters.Group(name.Split('.', 2)[0]);
    }

    /// <summary>Where all answers begin, as the last layers' biases: 0 unless this is called.</summary>
    /// <param name="logit">The first answer.</param>
    public void Begin(float logit)
    {
        foreach (Mlp member in members)
            member.Layers[^1].Bias!.SetAll(logit);
    }

    /// <summary>How many there are, E.</summary>
    public int Count => members.Length;

    /// <summary>Their weights.</summary>
    public ParameterGroup Group { get; }

    /// <summary>The answer of member e, a logit for each row, [B, 1].</summary>
    public Tensor Logits(int e, Tensor question) => members[e].Forward(question);

    /// <summary>The smallest answer of all members as a probability, σ(min logit), [B, 1].</summary>
    public Tensor Least(Tensor question) => LeastLogits(question).Sigmoid();

    /// <summary>The smallest answer of all members, [B, 1].</summary>
    public Tensor LeastLogits(Tensor question)
    {
        Tensor least = Logits(0, question);
        for (int e = 1; e < members.Length; e++)
            least = Tensor.Min(least, Logits(e, question));
        return least;
    }

    /// <summary>The mean of all members' probabilities, [B, 1].</summary>
    public Tensor Mean(Tensor question)
    {
        Tensor sum = Logits(0, question).Sigmoid();
        for (int e = 1; e < members.Length; e++)
            sum += Logits(e, question).Sigmoid();
        return sum * (1f / members.Length);
    }

    /// <summary>The mean of all members' answers, [B, 1].</summary>
    public Tensor MeanLogits(Tensor question)
    {
        Tensor sum = Logits(0, question);
        for (int e = 1; e < members.Length; e++)
            sum += Logits(e, question);
        return sum * (1f / members.Length);
    }

    /// <summary>From now on, until the tape's next step, no gradient flows to these weights.</summary>
    public void Hold(Tape tape)
    {
        IReadOnlyList<Parameter> all = Group.All;
        for (int i = 0; i < all.Count; i++)
            tape.Bind(all[i], tape.Constant(all[i].Value));
    }
}

/// <summary>A network that follows another one slowly: what targets are computed with.</summary>
static class Following
{
    /// <summary>Target weights begin as the online ones, and no gradient flows to them.</summary>
    /// <param name="target">The target's weights, a set of their own.</param>
    /// <param name="online">The group of the online weights, in the same order.</param>
    public static void Begin(ParameterSet target, ParameterGroup online)
    {
        foreach (ParameterGroup group in target.Groups)
            group.Frozen = true;
        for (int i = 0; i < online.All.Count; i++)
            target.All[i].CopyFrom(online.All[i].Value);
    }

    /// <summary>target ← (1 − τ) target + τ online.</summary>
    /// <param name="target">The target's weights.</param>
    /// <param name="online">The group of the online weights, in the same order.</param>
    /// <param name="share">τ.</param>
    public static void Step(ParameterSet target, ParameterGroup online, float share)
    {
        for (int i = 0; i < online.All.Count; i++)
            target.All[i].MoveTowards(online.All[i].Value, 1 - share);
    }

    /// <summary>Shows the target's weights, by names of their own.</summary>
    /// <param name="visitor">Who sees them.</param>
    /// <param name="target">The target's weights.</param>
    public static void VisitState(Algorithms.StateVisitor visitor, ParameterSet target)
    {
        foreach (Parameter parameter in target.All)
            visitor.Tensor($"target.{parameter.Name}", parameter.Value);
    }
}
