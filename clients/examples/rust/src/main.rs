//! A small shop on the generated stubs: create, get, filtered list, conditional update, scan, Execute, and what errors say.
use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prost::{Message, Name};
use prost_types::Any;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use schema::pannier::v1::transaction_service_client::TransactionServiceClient;
use schema::pannier::v1::{Int64Predicate, StringPredicate, TransactionServiceExecuteRequest};
use schema::shop::v1::order_repository_client::OrderRepositoryClient;
use schema::shop::v1::product_repository_client::ProductRepositoryClient;
use schema::shop::v1::*;

#[allow(clippy::all, dead_code)]
mod schema {
    include!(concat!(env!("OUT_DIR"), "/schema.rs"));
}

type Failure = Box<dyn Error>;

struct Shop {
    products: ProductRepositoryClient<Channel>,
    orders: OrderRepositoryClient<Channel>,
    transactions: TransactionServiceClient<Channel>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let target = std::env::args().nth(1).unwrap_or("127.0.0.1:7070".into());
    // Every call has a deadline.
    let endpoint = Endpoint::new(format!("http://{target}"))?.timeout(Duration::from_secs(5));
    let channel = endpoint.connect().await?;
    let mut shop = Shop {
        products: ProductRepositoryClient::new(channel.clone()),
        orders: OrderRepositoryClient::new(channel.clone()),
        transactions: TransactionServiceClient::new(channel),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    shop.run(&format!("light-{}", now.as_nanos())).await
}

impl Shop {
    async fn run(&mut self, category: &str) -> Result<(), Failure> {
        let lamp = self.create(category, "Lamp", "12.5", 3).await?;
        println!("created {}: {} {}, version {}", lamp.name(), lamp.price(), lamp.currency(), lamp.version);
        self.create(category, "Chandelier", "980", 0).await?;

        let got = self.get(&lamp.id).await?;
        println!("got {}: {} in stock", got.name(), got.stock());

        // Served by the index on category; what else is asked is looked at row by row.
        let sellable = ProductFilter {
            stock: Some(Int64Predicate { gte: Some(1), ..Default::default() }),
            ..of_category(category)
        };
        let request = ProductRepositoryListRequest { r#where: Some(sellable), page_size: 10, ..Default::default() };
        let page = self.products.list(request).await?.into_inner();
        println!("listed what can be sold: {}", names(&page.entities));

        let sold = self.products.update(sale(&lamp.id, 2)).await?.into_inner().entity.unwrap_or_default();
        println!("sold 2 of {}: {} left", sold.name(), sold.stock());
        let refused = failure_of(self.products.update(sale(&lamp.id, 2)).await)?;
        println!("refused to sell 2 more: {} of {}", reason_of(&refused), metadata_of(&refused, "entity"));

        println!("scanned: {}", names(&self.scan(category).await?));

        self.order(&lamp).await?;
        let missed = failure_of(self.get("none").await)?;
        println!("missed: {} of {}", reason_of(&missed), metadata_of(&missed, "entity"));
        let mistaken = failure_of(self.create(category, "Torch", "cheap", 1).await)?;
        println!("mistaken: {} in {}", reason_of(&mistaken), fields_of(&mistaken).join(", "));
        Ok(())
    }

    async fn create(&mut self, category: &str, name: &str, price: &str, stock: i32) -> Result<Product, Status> {
        let entity = Product {
            name: Some(name.into()),
            price: Some(price.into()),
            currency: Some("EUR".into()),
            category: Some(category.into()),
            stock: Some(stock),
            ..Default::default()
        };
        let request = ProductRepositoryCreateRequest { entity: Some(entity), ..Default::default() };
        Ok(self.products.create(request).await?.into_inner().entity.unwrap_or_default())
    }

    async fn get(&mut self, id: &str) -> Result<Product, Status> {
        let request = ProductRepositoryGetRequest { key: Some(ProductKey { id: id.into() }), ..Default::default() };
        Ok(self.products.get(request).await?.into_inner().entity.unwrap_or_default())
    }

    /// A stream of frames, each with a token that goes on after it.
    async fn scan(&mut self, category: &str) -> Result<Vec<Product>, Status> {
        let request = ProductRepositoryScanRequest { r#where: Some(of_category(category)), ..Default::default() };
        let mut frames = self.products.scan(request).await?.into_inner();
        let mut products = Vec::new();
        while let Some(frame) = frames.message().await? {
            products.extend(frame.entities);
        }
        Ok(products)
    }

    /// An order and the piece it takes, both or neither.
    async fn order(&mut self, lamp: &Product) -> Result<(), Failure> {
        let user = format!("buyer-of-{}", lamp.id);
        let entity = Order {
            user_id: Some(user.clone()),
            total_amount: lamp.price.clone(),
            currency: lamp.currency.clone(),
            status: Some("open".into()),
            ..Default::default()
        };
        let create = OrderRepositoryCreateRequest { entity: Some(entity), ..Default::default() };
        let operations = vec![Any::from_msg(&create)?, Any::from_msg(&sale(&lamp.id, 1))?];
        let results = self.execute(operations.clone()).await?;
        let order: OrderRepositoryCreateResponse = unpacked(&results, 0)?;
        let sold: ProductRepositoryUpdateResponse = unpacked(&results, 1)?;
        let (order, sold) = (order.entity.unwrap_or_default(), sold.entity.unwrap_or_default());
        println!("executed: an order of {} {}, {} left", order.total_amount(), order.currency(), sold.stock());

        let refused = failure_of(self.execute(operations).await)?;
        let own = OrderFilter { user_id: Some(equal(&user)), ..Default::default() };
        let request = OrderRepositoryCountRequest { r#where: Some(own), ..Default::default() };
        let count = self.orders.count(request).await?.into_inner().count;
        let (reason, index) = (reason_of(&refused), metadata_of(&refused, "index"));
        println!("refused the next order: {reason} in operation {index}; orders: {count}");
        Ok(())
    }

    async fn execute(&mut self, operations: Vec<Any>) -> Result<Vec<Any>, Status> {
        let request = TransactionServiceExecuteRequest { operations, ..Default::default() };
        Ok(self.transactions.execute(request).await?.into_inner().results)
    }
}

/// The condition and the write are one step: two callers never sell the same piece.
fn sale(id: &str, pieces: i32) -> ProductRepositoryUpdateRequest {
    let enough = Int64Predicate { gte: Some(pieces.into()), ..Default::default() };
    ProductRepositoryUpdateRequest {
        entity: Some(Product { id: id.into(), ..Default::default() }),
        increment: Some(Product { stock: Some(-pieces), ..Default::default() }),
        condition: Some(ProductFilter { stock: Some(enough), ..Default::default() }),
        ..Default::default()
    }
}

fn of_category(category: &str) -> ProductFilter {
    ProductFilter { category: Some(equal(category)), ..Default::default() }
}

fn equal(text: &str) -> StringPredicate {
    StringPredicate { eq: Some(text.into()), ..Default::default() }
}

fn unpacked<T: Message + Name + Default>(results: &[Any], at: usize) -> Result<T, Failure> {
    Ok(results.get(at).ok_or("the answer lacks a result")?.to_msg()?)
}

fn names(products: &[Product]) -> String {
    let mut names: Vec<&str> = products.iter().map(|product| product.name()).collect();
    names.sort_unstable();
    names.join(", ")
}

fn failure_of<T>(result: Result<T, Status>) -> Result<Status, Failure> {
    match result {
        Ok(_) => Err("it was not refused".into()),
        Err(status) if status.code() == Code::Unavailable => Err(status.into()),
        Err(status) => Ok(status),
    }
}

/// Empty for an error that the sidecar did not make.
fn reason_of(status: &Status) -> String {
    details_of(status).error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

fn metadata_of(status: &Status, name: &str) -> String {
    let details = details_of(status);
    details.error_info().and_then(|info| info.metadata.get(name)).cloned().unwrap_or_default()
}

/// The fields of the request that are mistaken.
fn fields_of(status: &Status) -> Vec<String> {
    let details = details_of(status);
    let violations = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
    violations.iter().map(|violation| violation.field.clone()).collect()
}

fn details_of(status: &Status) -> ErrorDetails {
    status.get_error_details()
}
