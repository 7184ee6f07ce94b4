// A small shop on the generated stubs: create, get, filtered list, conditional update, scan, Execute, and what errors say.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	pannierv1 "example.com/shop/gen/pannier/v1"
	shopv1 "example.com/shop/gen/shop/v1"
)

type shop struct {
	products     shopv1.ProductRepositoryClient
	orders       shopv1.OrderRepositoryClient
	transactions pannierv1.TransactionServiceClient
}

func main() {
	target := "127.0.0.1:7070"
	if len(os.Args) > 1 {
		target = os.Args[1]
	}
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	s := shop{
		products:     shopv1.NewProductRepositoryClient(connection),
		orders:       shopv1.NewOrderRepositoryClient(connection),
		transactions: pannierv1.NewTransactionServiceClient(connection),
	}
	// Every call has a deadline; this one is for all of them together.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.run(ctx, fmt.Sprintf("light-%d", time.Now().UnixNano())); err != nil {
		log.Fatal(err)
	}
}

func (s shop) run(ctx context.Context, category string) error {
	lamp, err := s.create(ctx, category, "Lamp", "12.5", 3)
	if err != nil {
		return err
	}
	fmt.Printf("created %s: %s %s, version %d\n", lamp.GetName(), lamp.GetPrice(), lamp.GetCurrency(), lamp.GetVersion())
	if _, err := s.create(ctx, category, "Chandelier", "980", 0); err != nil {
		return err
	}

	got, err := s.products.Get(ctx, &shopv1.ProductRepositoryGetRequest{Key: &shopv1.ProductKey{Id: lamp.GetId()}})
	if err != nil {
		return err
	}
	fmt.Printf("got %s: %d in stock\n", got.GetEntity().GetName(), got.GetEntity().GetStock())

	// Served by the index on category; what else is asked is looked at row by row.
	page, err := s.products.List(ctx, &shopv1.ProductRepositoryListRequest{
		Where: &shopv1.ProductFilter{
			Category: &pannierv1.StringPredicate{Eq: &category},
			Stock:    &pannierv1.Int64Predicate{Gte: proto.Int64(1)},
		},
		PageSize: 10,
	})
	if err != nil {
		return err
	}
	fmt.Printf("listed what can be sold: %s\n", names(page.GetEntities()))

	sold, err := s.products.Update(ctx, sale(lamp.GetId(), 2))
	if err != nil {
		return err
	}
	fmt.Printf("sold 2 of %s: %d left\n", sold.GetEntity().GetName(), sold.GetEntity().GetStock())
	_, err = s.products.Update(ctx, sale(lamp.GetId(), 2))
	fmt.Printf("refused to sell 2 more: %s of %s\n", infoOf(err).GetReason(), infoOf(err).GetMetadata()["entity"])

	scanned, err := s.scan(ctx, category)
	if err != nil {
		return err
	}
	fmt.Printf("scanned: %s\n", names(scanned))

	if err := s.order(ctx, lamp); err != nil {
		return err
	}
	_, err = s.products.Get(ctx, &shopv1.ProductRepositoryGetRequest{Key: &shopv1.ProductKey{Id: "none"}})
	fmt.Printf("missed: %s of %s\n", infoOf(err).GetReason(), infoOf(err).GetMetadata()["entity"])
	_, err = s.create(ctx, category, "Torch", "cheap", 1)
	fmt.Printf("mistaken: %s in %s\n", infoOf(err).GetReason(), strings.Join(fieldsOf(err), ", "))
	return nil
}

func (s shop) create(ctx context.Context, category, name, price string, stock int32) (*shopv1.Product, error) {
	product := &shopv1.Product{
		Name: &name, Price: &price, Currency: proto.String("EUR"), Category: &category, Stock: &stock,
	}
	created, err := s.products.Create(ctx, &shopv1.ProductRepositoryCreateRequest{Entity: product})
	return created.GetEntity(), err
}

// The condition and the write are one step: two callers never sell the same piece.
func sale(id string, pieces int64) *shopv1.ProductRepositoryUpdateRequest {
	return &shopv1.ProductRepositoryUpdateRequest{
		Entity:    &shopv1.Product{Id: id},
		Increment: &shopv1.Product{Stock: proto.Int32(int32(-pieces))},
		Condition: &shopv1.ProductFilter{Stock: &pannierv1.Int64Predicate{Gte: &pieces}},
	}
}

// A stream of frames, each with a token that goes on after it.
func (s shop) scan(ctx context.Context, category string) ([]*shopv1.Product, error) {
	stream, err := s.products.Scan(ctx, &shopv1.ProductRepositoryScanRequest{
		Where: &shopv1.ProductFilter{Category: &pannierv1.StringPredicate{Eq: &category}},
	})
	if err != nil {
		return nil, err
	}
	var products []*shopv1.Product
	for {
		frame, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return products, nil
		}
		if err != nil {
			return nil, err
		}
		products = append(products, frame.GetEntities()...)
	}
}

// An order and the piece it takes, both or neither.
func (s shop) order(ctx context.Context, lamp *shopv1.Product) error {
	user := "buyer-of-" + lamp.GetId()
	create := &shopv1.OrderRepositoryCreateRequest{Entity: &shopv1.Order{
		UserId: &user, TotalAmount: lamp.Price, Currency: lamp.Currency, Status: proto.String("open"),
	}}
	results, err := s.execute(ctx, create, sale(lamp.GetId(), 1))
	if err != nil {
		return err
	}
	var ordered shopv1.OrderRepositoryCreateResponse
	var sold shopv1.ProductRepositoryUpdateResponse
	if err := errors.Join(results[0].UnmarshalTo(&ordered), results[1].UnmarshalTo(&sold)); err != nil {
		return err
	}
	order := ordered.GetEntity()
	fmt.Printf("executed: an order of %s %s, %d left\n", order.GetTotalAmount(), order.GetCurrency(), sold.GetEntity().GetStock())

	_, failure := s.execute(ctx, create, sale(lamp.GetId(), 1))
	count, err := s.orders.Count(ctx, &shopv1.OrderRepositoryCountRequest{
		Where: &shopv1.OrderFilter{UserId: &pannierv1.StringPredicate{Eq: &user}},
	})
	if err != nil {
		return err
	}
	info := infoOf(failure)
	fmt.Printf("refused the next order: %s in operation %s; orders: %d\n", info.GetReason(), info.GetMetadata()["index"], count.GetCount())
	return nil
}

func (s shop) execute(ctx context.Context, requests ...proto.Message) ([]*anypb.Any, error) {
	var operations []*anypb.Any
	for _, request := range requests {
		operation, err := anypb.New(request)
		if err != nil {
			return nil, err
		}
		operations = append(operations, operation)
	}
	answer, err := s.transactions.Execute(ctx, &pannierv1.TransactionServiceExecuteRequest{Operations: operations})
	return answer.GetResults(), err
}

func names(products []*shopv1.Product) string {
	var names []string
	for _, product := range products {
		names = append(names, product.GetName())
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// The reason, and what it concerns; empty for an error that the sidecar did not make.
func infoOf(err error) *errdetails.ErrorInfo {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info
		}
	}
	return nil
}

// The fields of the request that are mistaken.
func fieldsOf(err error) []string {
	var fields []string
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, violation := range bad.GetFieldViolations() {
				fields = append(fields, violation.GetField())
			}
		}
	}
	return fields
}
