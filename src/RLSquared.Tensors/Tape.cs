using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>
/// Reverse-mode differentiation. Operations on tensors of a tape are written down in the order in which they happen;
/// <see cref="Backward"/> walks the list from its end and applies the chain rule. Each rule is itself made of
/// operations on tensors, so a gradient can be differentiated again where that is asked for.
/// <para>One tape serves one training step at a time and one thread; <see cref="Reset"/> clears it and its
/// arena.</para>
/// </summary>
public sealed class Tape
{
    Node[] nodes = new Node[64];
    Tensor[] gradients = new Tensor[64];
    bool[] isSum = new bool[64];                    // whether a gradient is a sum of this tape's own, shared by none
    bool[]? leads;                                  // whether a node leads to what is asked for; null: all is
    int count;
    readonly Dictionary<Parameter, Tensor> watched = [], bound = [];

    /// <summary>A tape whose intermediate results live in <paramref name="arena"/>.</summary>
    public Tape(Arena arena) => Arena = arena;

    /// <summary>Where results are put.</summary>
    public Arena Arena { get; }

    /// <summary>
    /// Whether operations are written down. Off, they are merely computed: for acting and evaluation.
    /// </summary>
    public bool Recording { get; set; } = true;

    Tape? inner;

    /// <summary>A tape with memory of its own for what is computed twice; it shows the same weights.</summary>
    internal Tape Inner()
    {
        inner ??= new Tape(new Arena(Device));
        inner.Weights = Weights;
        return inner;
    }

    /// <summary>The device that computes: the arena's.</summary>
    public Device Device => Arena.Device;

    /// <summary>
    /// What <see cref="Watch"/> shows instead of the weights as they are now; null, at first, for these. It stays over
    /// <see cref="Reset"/>.
    /// </summary>
    public WeightSnapshot? Weights { get; set; }

    /// <summary>A constant of this tape: numbers to compute with, to which no gradient flows.</summary>
    /// <param name="storage">Its numbers, of any shape; they are not copied.</param>
    /// <exception cref="ArgumentException">They lie in the memory of another device.</exception>
    public Tensor Constant(Tensor storage) => Own(storage).On(this, -1);

    /// <summary>A constant of this tape with a copy of the given numbers.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="values">The numbers, row by row, as many as the shape has.</param>
    /// <exception cref="ArgumentException">There are more or fewer numbers than the shape has.</exception>
    public Tensor Constant(Shape shape, ReadOnlySpan<float> values) => Constant(Arena.Copy(shape, values));

    /// <summary>A leaf to which a gradient flows; a constant while <see cref="Recording"/> is off.</summary>
    /// <param name="storage">Its numbers, of any shape; they are not copied.</param>
    /// <exception cref="ArgumentException">They lie in the memory of another device.</exception>
    public Tensor Variable(Tensor storage) => Recording ? Push(default, Own(storage)) : Constant(storage);

    /// <summary>
    /// A parameter as a leaf of its shape; the same leaf for every call within one step. A frozen one is a constant,
    /// and one that was bound is what it was bound to.
    /// </summary>
    public Tensor Watch(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        if (bound.Count > 0 && bound.TryGetValue(parameter, out Tensor other))
            return other;
        Tensor value = Weights is null ? parameter.Value : Weights[parameter];
        if (!Recording || parameter.Group.Frozen)
            return Constant(value);
        if (!watched.TryGetValue(parameter, out Tensor leaf))
            watched.Add(parameter, leaf = Variable(value));
        return leaf;
    }

    /// <summary>
    /// Lets a tensor take the place of a parameter until <see cref="Reset"/>: from now on <see cref="Watch"/> gives it
    /// to every layer, and gradients flow through it to what it was made from. Weights that were moved by a gradient,
    /// θ′ = θ − α g, are used so.
    /// </summary>
    /// <param name="parameter">Which one.</param>
    /// <param name="tensor">What stands for it, of its shape; its own leaf, from before, takes it back.</param>
    /// <exception cref="ArgumentException">The shapes differ, or the tensor is of another tape or device.</exception>
    public void Bind(Parameter parameter, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        if (tensor.Shape != parameter.Value.Shape)
            throw new ArgumentException($"a tensor {tensor.Shape} cannot stand for the parameter {parameter}");
        if (tensor.Tape is not null && tensor.Tape != this)
            throw new ArgumentException($"the tensor that shall stand for {parameter.Name} belongs to another tape");
        bound[parameter] = tensor.Tape is null ? Constant(tensor) : tensor;
    }

    /// <summary>Finds the gradient of <paramref name="loss"/> with respect to all that it was made from.</summary>
    /// <param name="loss">One number, of shape [1] or [1, 1].</param>
    /// <param name="differentiable">
    /// Whether the gradients shall be written down too, so that they can be differentiated in turn. Fused operations
    /// that have no second derivative refuse.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The loss is not one number, or this tape has not recorded how it was made.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// A fused operation that has no second derivative is met; the message says what to use instead.
    /// </exception>
    public void Backward(Tensor loss, bool differentiable = false)
    {
        RequireLoss(loss);
        Array.Clear(gradients, 0, count);
        Array.Clear(isSum, 0, count);
        Walk(loss, lowest: 0, differentiable);
    }

    /// <summary>
    /// The gradients of a loss with respect to some tensors, as tensors to go on computing with. Differentiable ones
    /// are written down, so that what is made of them, such as weights after a step θ′ = θ − α g, can be differentiated
    /// with respect to θ.
    /// <code>
    /// tape.Gradients(innerLoss, weights, gradients);
    /// for (int i = 0; i &lt; weights.Length; i++)
    ///     tape.Bind(parameters.All[i], weights[i] - gradients[i] * stepSize);
    /// tape.Backward(outerLoss);
    /// </code>
    /// Only what lies between the tensors and the loss is walked over, and
    /// <see cref="GradientOf"/> knows nothing of it.
    /// </summary>
    /// <param name="loss">One number, of shape [1] or [1, 1].</param>
    /// <param name="of">With respect to which tensors of this tape: leaves, or what was computed.</param>
    /// <param name="found">
    /// Receives dL/d(tensor) for each, of its shape; zeros where the loss does not depend on it.
    /// </param>
    /// <param name="differentiable">Whether the gradients can be differentiated in turn.</param>
    /// <exception cref="ArgumentException">
    /// The loss is not one number, or this tape has not recorded how it or one of the tensors was made.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// A fused operation that has no second derivative is met; the message says what to use instead.
    /// </exception>
    public void Gradients(Tensor loss, ReadOnlySpan<Tensor> of, Span<Tensor> found, bool differentiable = true)
    {
        RequireLoss(loss);
        if (found.Length != of.Length)
        {
            throw new ArgumentException(
                $"{of.Length} tensors have as many gradients, but there is room for {found.Length}");
        }
        int lowest = loss.Node;
        foreach (Tensor tensor in of)
        {
            if (tensor.Tape != this || !tensor.IsDifferentiable)
            {
                throw new ArgumentException(
                    $"the tensor {tensor.Shape} is no variable of this tape, so no gradient flows to it");
            }
            lowest = Math.Min(lowest, tensor.Node);
        }

        // A rule may ask for gradients in the midst of a walk, so each walk has sums of its own.
        (Tensor[] Gradients, bool[] IsSum, bool[]? Leads) outer = (gradients, isSum, leads);
        (gradients, isSum) = (new Tensor[nodes.Length], new bool[nodes.Length]);
        leads = LeadingFrom(of, lowest, loss.Node);
        try
        {
            Walk(loss, lowest, differentiable);
            for (int i = 0; i < of.Length; i++)
            {
                // What comes after the loss was made by the walk itself.
                Tensor gradient = of[i].Node <= loss.Node ? gradients[of[i].Node] : default;
                found[i] = gradient.Exists ? gradient : Constant(Arena.Zeros(of[i].Shape));
            }
        }
        finally
        {
            (gradients, isSum, leads) = outer;
            if (gradients.Length < nodes.Length)
            {
                Array.Resize(ref gradients, nodes.Length);
                Array.Resize(ref isSum, nodes.Length);
            }
        }
    }

    /// <summary>
    /// The rule of an operation whose kernel has no second derivative: its inputs go once more through operations that
    /// have one, and these pass the gradient on.
    /// </summary>
    /// <param name="inputs">The inputs; those that are constants, or are none, stay as they are.</param>
    /// <param name="gradient">dL/d(output).</param>
    /// <param name="twin">Makes the output of the inputs, out of single operations.</param>
    internal void BackwardThroughTwin(ReadOnlySpan<Tensor> inputs, Tensor gradient, Func<Tensor[], Tensor> twin)
    {
        // Stand-ins, so that the walk over the twin ends at the inputs and not at what these were made from.
        Tensor[] standIns = inputs.ToArray();
        var wanted = new List<Tensor>();
        for (int i = 0; i < standIns.Length; i++)
        {
            if (standIns[i].Exists && standIns[i].IsDifferentiable)
                wanted.Add(standIns[i] = standIns[i].Reshape(standIns[i].Shape));
        }
        Tensor output = twin(standIns);
        Tensor[] found = new Tensor[wanted.Count];
        Gradients((output * gradient.Reshape(output.Shape)).Sum(), [.. wanted], found);
        int next = 0;
        foreach (Tensor input in inputs)
        {
            if (input.Exists && input.IsDifferentiable)
                Accumulate(input, found[next++]);
        }
    }

    void RequireLoss(Tensor loss)
    {
        if (loss.Tape != this || !loss.IsDifferentiable)
            throw new ArgumentException("this tape has not recorded how the loss was made: nothing to differentiate");
        if (loss.Shape.Count != 1)
        {
            throw new ArgumentException(
                $"a loss is one number, but this one has shape {loss.Shape}; take its mean or sum");
        }
    }

    void Walk(Tensor loss, int lowest, bool differentiable)
    {
        Tensor one = Arena.Allocate(loss.Shape);
        Device.Fill(one, 1);
        gradients[loss.Node] = Constant(one);

        bool before = Recording;
        Recording = differentiable;
        try
        {
            for (int i = loss.Node; i >= lowest; i--)
            {
                if (gradients[i].Exists && (leads is null || AnyInput(in nodes[i], leads)))
                    nodes[i].Operation?.Backward(this, in nodes[i], gradients[i]);
            }
        }
        finally
        {
            Recording = before;
        }
    }

    /// <summary>Which nodes up to the last were made from one of the tensors, or are one of them.</summary>
    bool[] LeadingFrom(ReadOnlySpan<Tensor> tensors, int lowest, int last)
    {
        bool[] marks = new bool[last + 1];
        foreach (Tensor tensor in tensors)
        {
            if (tensor.Node <= last)
                marks[tensor.Node] = true;
        }
        for (int i = lowest; i <= last; i++)
            marks[i] |= AnyInput(in nodes[i], marks);
        return marks;
    }

    static bool AnyInput(in Node node, bool[] marks)
    {
        foreach (Tensor input in node.Inputs)
        {
            if (input.IsDifferentiable && marks[input.Node])
                return true;
        }
        return false;
    }

    /// <summary>The gradient that the last <see cref="Backward"/> found for a tensor, of the tensor's shape.</summary>
    /// <exception cref="InvalidOperationException">The loss did not depend on it.</exception>
    public Tensor GradientOf(Tensor tensor) =>
        tensor.Tape == this && tensor.IsDifferentiable && gradients[tensor.Node].Exists
            ? gradients[tensor.Node]
            : throw new InvalidOperationException("the last loss did not depend on this tensor, so it has no gradient");

    /// <summary>The gradient of a parameter, of its shape, if the last loss depended on it.</summary>
    /// <param name="parameter">Which one.</param>
    /// <param name="gradient">Receives dL/d(parameter), or the default, which is no tensor.</param>
    /// <returns>Whether the last loss depended on it.</returns>
    public bool TryGradientOf(Parameter parameter, out Tensor gradient)
    {
        gradient = watched.TryGetValue(parameter, out Tensor leaf) ? gradients[leaf.Node] : default;
        return gradient.Exists;
    }

    /// <summary>Begins a new step: forgets all operations and gives back the arena's memory.</summary>
    public void Reset()
    {
        Array.Clear(nodes, 0, count);
        Array.Clear(gradients, 0, count);
        Array.Clear(isSum, 0, count);
        count = 0;
        watched.Clear();
        bound.Clear();
        Arena.Reset();
    }

    /// <summary>Refuses indices that lie in the memory of another device.</summary>
    internal void Require(Indices indices)
    {
        if (indices.Device != Device)
        {
            throw new ArgumentException($"the {indices.Count} indices lie on the device '{indices.Device}', and the " +
                $"tape computes on '{Device}'; copy them over first");
        }
    }

    /// <summary>Refuses what lies in the memory of another device; no tensor at all is none of its business.</summary>
    Tensor Own(Tensor storage) => !storage.Exists || storage.Device == Device ? storage
        : throw new ArgumentException(
            $"the tensor {storage.Shape} lies on the device '{storage.Device}', and the tape " +
            $"computes on '{Device}'; copy it over first");

    bool Flows(Tensor input) => input.IsDifferentiable && (leads is null || leads[input.Node]);

    /// <summary>Adds to the gradient of an input; called by the rules of operations.</summary>
    internal void Accumulate(Tensor input, Tensor gradient)
    {
        if (!Flows(input))
            return;
        if (gradient.Shape.Count != input.Shape.Count)
            throw new InvalidOperationException($"a gradient of shape {gradient.Shape} for an input {input.Shape}");
        if (gradient.Shape != input.Shape)
            gradient = gradient.Reshape(input.Shape);

        // The first contribution is kept as it is; several inputs may share it, so the second one makes a new tensor.
        // From the third on the sum grows in place: nothing reads it before all contributions are in, because a node
        // passes its gradient on only when every later node is done.
        int i = input.Node;
        Tensor sum = gradients[i];
        if (!sum.Exists)
        {
            gradients[i] = gradient;
        }
        else if (isSum[i] && !Recording)
        {
            Device.Zip(Combination.Add, sum, gradient, Repeat.None, sum);
        }
        else
        {
            // First the sum, then the place: recording it may have replaced the array.
            sum = Arithmetic.Add(sum, gradient);
            gradients[i] = sum;
            isSum[i] = true;
        }
    }

    /// <summary>
    /// Adds to the gradient of some rows of an input; as <see cref="Accumulate"/> of a tensor that is zero elsewhere,
    /// but T slices of T rows cost T rows and not T² when the gradient is not itself recorded.
    /// </summary>
    internal void AccumulateRows(Tensor input, int first, Tensor gradient)
    {
        if (!Flows(input))
            return;
        int i = input.Node;
        if (!gradients[i].Exists || !isSum[i])
        {
            Tensor sum = Arena.Zeros(input.Shape);
            if (gradients[i].Exists)
                Device.Copy(gradients[i], sum);
            gradients[i] = Constant(sum);
            isSum[i] = true;
        }
        Tensor rows = gradients[i].RowsFrom(first, gradient.Shape);
        Device.Zip(Combination.Add, rows, gradient, Repeat.None, rows);
    }

    /// <summary>Writes down that <paramref name="operation"/> made <paramref name="output"/> from the inputs.</summary>
    internal Tensor Record(Operation operation, Tensor output, Tensor input0, Tensor input1 = default,
        in Attributes attributes = default)
    {
        if (!Recording || !(input0.IsDifferentiable || input1.IsDifferentiable))
            return Constant(output);
        Tensor recorded = Push(operation, output);
        ref Node node = ref nodes[recorded.Node];
        (node.Inputs[0], node.Inputs[1], node.Attributes) = (input0, input1, attributes);
        return recorded;
    }

    /// <summary>The same for operations with more inputs, and with tensors that backward needs.</summary>
    internal Tensor Record(Operation operation, Tensor output, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> saved,
        in Attributes attributes = default)
    {
        bool differentiable = false;
        foreach (Tensor input in inputs)
            differentiable |= input.IsDifferentiable;
        if (!Recording || !differentiable)
            return Constant(output);
        Tensor recorded = Push(operation, output);
        ref Node node = ref nodes[recorded.Node];
        inputs.CopyTo(node.Inputs);
        saved.CopyTo(node.Saved);
        node.Attributes = attributes;
        return recorded;
    }

    /// <summary>Marks what the node saved as used up; at the second time it throws, with the message.</summary>
    internal void UseOnce(in Node node, string message)
    {
        ref bool used = ref nodes[node.Output.Node].IsUsed;
        if (used)
            throw new InvalidOperationException(message);
        used = true;
    }

    /// <summary>The tape that two operands share.</summary>
    internal static Tape Of(Tensor a, Tensor b = default)
    {
        Tape? tape = a.Tape ?? b.Tape;
        if (tape is null)
            throw new InvalidOperationException("operations need a tape: wrap the tensor in tape.Constant(…) first");
        if (a.Tape != null && b.Tape != null && a.Tape != b.Tape)
            throw new InvalidOperationException("the two tensors belong to different tapes");
        return tape;
    }

    /// <summary>The tape that several operands share.</summary>
    internal static Tape Of(ReadOnlySpan<Tensor> operands)
    {
        Tensor known = operands[0];
        foreach (Tensor operand in operands[1..])
        {
            Tape tape = Of(known, operand);
            if (known.Tape != tape)
                known = operand;
        }
        return Of(known);
    }

    Tensor Push(Operation? operation, Tensor output)
    {
        if (count == nodes.Length)
        {
            Array.Resize(ref nodes, 2 * count);
            Array.Resize(ref gradients, 2 * count);
            Array.Resize(ref isSum, 2 * count);
        }
        Tensor recorded = output.On(this, count);
        nodes[count++] = new Node { Operation = operation, Output = recorded };
        return recorded;
    }
}
