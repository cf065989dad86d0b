using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>
/// What turns an image into features (Duan et al. 2016, the network for visual navigation): two banks of filters, 5 × 5
/// with stride 2, then a dense layer; where asked for, the previous action joins before the latter as a learned vector.
/// <code>
///   image [H, W, C] ─► filters ─► relu ─► filters ─► relu ─┐
///                                 action ─► embedding ─────┴─► linear ─► relu ─► features
/// </code>
/// </summary>
sealed class ImageEncoder
{
    const int Side = 5, Stride = 2;

    readonly ImageFilterBank first, second;
    readonly Embedding? embedding;
    readonly Linear dense;

    public ImageEncoder(
        ParameterSet parameters, TaskSpaces spaces, RecurrentPolicyOptions options, RandomKey random)
    {
        Space = spaces.Observation;
        first = new ImageFilterBank(
            parameters, "vision.0", Space.Channels, options.Filters, Side, Stride, random, options.WeightNorm);
        second = new ImageFilterBank(
            parameters, "vision.1", options.Filters, options.Filters, Side, Stride, random, options.WeightNorm);
        int down = second.PlacesAlong(first.PlacesAlong(Space.Height));
        int across = second.PlacesAlong(first.PlacesAlong(Space.Across));
        if (down < 1 || across < 1)
        {
            throw new NotSupportedException(
                $"two windows of {Side} × {Side} with stride {Stride} need images of at least 13 × 13 pixels, but " +
                $"those of {spaces.Task} are {Space.Across} × {Space.Height}");
        }
        if (options.ActionEmbedding > 0)
            embedding = new Embedding(parameters, "vision.action", spaces.Action.Size, options.ActionEmbedding, random);
        dense = new Linear(
            parameters, "vision.dense", checked(down * across * options.Filters + options.ActionEmbedding),
            options.Features, random, new LinearOptions { Gain = MathF.Sqrt(2), WeightNorm = options.WeightNorm });
    }

    /// <summary>What the images are.</summary>
    public ObservationSpace Space { get; }

    /// <summary>The layers, in their order.</summary>
    public (ImageFilterBank First, ImageFilterBank Second, Embedding? Action, Linear Dense) Layers =>
        (first, second, embedding, dense);

    /// <summary>Features [M, F] of M images and the actions before them, [M].</summary>
    public Tensor Forward(Tape tape, Images images, Indices previousActions)
    {
        Tensor seen = second.Forward(first.Forward(tape, images));                  // [M, down, across, filters]
        seen = seen.Reshape(new Shape(images.Count, (int)(seen.Shape.Count / images.Count)));
        if (embedding is not null)
            seen = Tensor.Concatenate(seen, embedding.Forward(tape, previousActions));
        return dense.Forward(seen).Relu();
    }
}
